"""What the browser fetches and posts: routes, columns, detail, contents, tags. Nothing here draws."""
