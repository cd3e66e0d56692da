"""The browser side: components whose JavaScript is served from beside them."""
