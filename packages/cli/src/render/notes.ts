/** Release notes for people: whole, with each line marked as foreign text. Pure. */
import type { ReleaseNote } from "@lastgood/core/recipe/ReleaseNote"
import { oneLine, visible } from "./format.ts"

const noteText = ({ asks, text, version }: ReleaseNote): string => {
  const head = `  release note of ${oneLine(version)}${asks === null ? "" : " (asks for manual work)"}`
  const lines = text === "" ? [`(${oneLine(asks ?? "empty")})`] : visible(text).split("\n")
  return [head, ...lines.map((line) => `    | ${line}`.trimEnd())].join("\n")
}

/** Oldest first, the order of the work. */
export const notesText = (notes: ReadonlyArray<ReleaseNote>): string => notes.map(noteText).join("\n")
