"""The path under which a proxy shows the app, such as `/hem`; "" where the app has its address to itself."""

from streamlit import config


def base_path() -> str:
    """The base path of this server, without a slash at its end."""
    inner = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{inner}" if inner else ""


def under(path: str) -> str:
    """A path of this server as browsers ask for it: `/hem/tags` is `/base/hem/tags` under the base path `/base`."""
    return base_path() + path
