import type { App } from "@lastgood/core/domain/App"

/** An app with a folder; nothing else of it matters to a claim. */
export const appAt = (dir: string): App => ({
  name: "notes",
  recipe: "/recipes/notes",
  recipeName: "notes",
  runtime: "local",
  domain: "notes.example.org",
  stack: "notes_example_org",
  envFile: null,
  volumes: [],
  dir
})
