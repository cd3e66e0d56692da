"""The app: Streamlit pages and byte routes over what is on disk; never imports torch."""
