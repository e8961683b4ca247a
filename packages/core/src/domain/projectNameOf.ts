/** The name that docker compose gives to the project of a folder; empty: its name has no letter or digit. */
export const projectNameOf = (folder: string): string =>
  folder
    .slice(folder.lastIndexOf("/") + 1)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "")
