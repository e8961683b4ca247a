/** One line of what `tar --list` prints of an archive. Names may be any bytes: they are quoted as in C. */

export interface Entry {
  /** As in the archive, in bytes as latin1: `./a/b`, with a slash at the end of a folder. */
  readonly name: string
  readonly kind: "folder" | "file" | "symlink" | "hardlink" | "special"
  /** As `ls -l` prints it: `-rw-r--r--`. */
  readonly mode: string
  /** Numeric: `1000/1000`. */
  readonly owner: string
  /** Of a file; a sparse one counts with the size that a reader sees. */
  readonly bytes: number
  /** In UTC: `2026-11-30 07:37:46.408845449`. */
  readonly modified: string
  /** Of a link, in bytes as latin1. A hard link's is the name of another entry. */
  readonly target: string | null
}

/** Where an entry is in its archive, in blocks of 512 bytes. */
export interface Located extends Entry {
  /** Its first header, which may be an extended one. */
  readonly start: number
}

/** `LC_ALL=C` (`process/environment.ts`) and these options make every line parseable. */
export const listing = [
  "--list",
  "--verbose",
  "--absolute-names",
  "--block-number",
  "--quoting-style=c",
  "--numeric-owner",
  "--full-time",
  "--utc"
]

const line =
  /^(?:(?:(\d+) )?block \d+: )?(([-dlhbcpC])\S*)\s+(\S+)\s+([\d,]+) (\S+(?: \d\d:\S+)?) +("(?:[^"\\]|\\.)*")(?: (?:->|link to) ("(?:[^"\\]|\\.)*"))?$/

const escapes: Readonly<Record<string, string>> = { a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }

/** Undoes the quoting of C. @returns bytes, as latin1. */
export const unquoted = (quoted: string): string =>
  quoted
    .slice(1, -1)
    .replaceAll(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, character: string | undefined) =>
      octal === undefined
        ? (escapes[character ?? ""] ?? character ?? "")
        : String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
    )

const kindOf = (type: string): Entry["kind"] => {
  if (type === "d") return "folder"
  if (type === "l") return "symlink"
  if (type === "h") return "hardlink"
  return type === "-" || type === "C" ? "file" : "special"
}

/**
 * @param text a line of a listing or of an index, as latin1.
 * @returns null: the line is not about an entry. `start` is -1 if the line does not have it.
 */
export const entryOf = (text: string): Located | null => {
  const [, start, mode, type, owner, size, modified, name, target] = line.exec(text) ?? []
  if (mode === undefined || type === undefined || owner === undefined || modified === undefined) return null
  if (name === undefined || size === undefined) return null
  const kind = kindOf(type)
  return {
    start: start === undefined ? -1 : Number(start),
    name: unquoted(name),
    kind,
    mode,
    owner,
    bytes: kind === "file" ? Number(size) : 0,
    modified,
    target: target === undefined ? null : unquoted(target)
  }
}

/** `./a//b/` and `a/b` are the same. */
export const partsOf = (name: string): ReadonlyArray<string> =>
  name.split("/").filter((part) => part !== "" && part !== ".")

/** The same for all ways to write a name. */
export const plainName = (name: string): string => partsOf(name).join("/")
