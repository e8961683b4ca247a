/** Release notes for people: whole, each line marked as somebody else's. Pure. */
import type { ReleaseNote } from "@lastgood/core/recipe/ReleaseNote"
import { oneLine, visible } from "./format.ts"

const noteText = ({ asks, text, version }: ReleaseNote): string => {
  const head = `  release note of ${oneLine(version)}${asks === null ? "" : " (asks for manual work)"}`
  const lines = text === "" ? [`(${oneLine(asks ?? "empty")})`] : visible(text).split("\n")
  return [head, ...lines.map((line) => `    | ${line}`.trimEnd())].join("\n")
}

/** Oldest first: the order in which there is something to do. */
export const notesText = (notes: ReadonlyArray<ReleaseNote>): string => notes.map(noteText).join("\n")
