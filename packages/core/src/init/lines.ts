/** Lines of YAML for people, of names and texts that anybody may have chosen. Pure. */

/** A plain YAML scalar if that is safe, else a quoted one. */
export const scalar = (text: string): string =>
  /^(?:[A-Za-z/]|\.{1,2}\/)[A-Za-z0-9._/-]*$/.test(text) && !/^(?:true|false|null)$/i.test(text)
    ? text
    : JSON.stringify(text)

/** One line without control characters: a text must not end its comment. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim()

const width = 110

/** A comment, wrapped between words. */
export const comment = (text: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of plain(text).split(" ")) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line].filter((one) => one !== "").map((one) => `# ${one}`)
}

/** A text at the end of a line. */
export const noted = (line: string, note: string): string => (note === "" ? line : `${line} # ${plain(note)}`)

export const indented = (lines: ReadonlyArray<string>, by = "  "): ReadonlyArray<string> =>
  lines.map((line) => (line === "" ? "" : `${by}${line}`))

/** The same lines, not in force. */
export const disabled = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.map((line) => (line === "" ? "#" : line.startsWith("#") ? line : `# ${line}`))

export const listed = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`
