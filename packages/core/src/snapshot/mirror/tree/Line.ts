/**
 * One entry of a tree as `find` lists it: `=` (or `!`: marked), type, mode, owner, size, times, inode, links, target of
 * a symlink, NUL, path, NUL, newline. Targets and paths are arbitrary bytes without NUL, and every path begins with a
 * dot. So NUL and newline end a line, and cannot be anything else.
 *
 * Lines, paths and targets are kept as strings of latin1: one character per byte.
 */
import { chunksOf } from "../../../disk/Records.ts"

/** For `find -printf`, started in the folder with `.`. */
export const lineFormat = "=%y %m %U:%G %s %T@ %C@ %i %n %l\\0%p\\0\\n"

export const lineEnd = Buffer.from("\0\n")

/** Of a marked line, the source or the tree is not known to be as the line says. No line of a walk equals it. */
export const mark = "!"

export interface MirrorLine {
  readonly marked: boolean
  /** `f`, `d`, `l` … as find prints it. */
  readonly type: string
  readonly mode: string
  readonly owner: string
  readonly size: number
  /** Seconds, with a fraction of ten digits. */
  readonly mtime: string
  readonly ctime: string
  readonly inode: string
  readonly links: number
  readonly target: string
  /** `.`, or begins with `./`. */
  readonly path: string
  /** The offset in the list. */
  readonly at: number
  readonly raw: string
}

const shape = /^([=!])(\S) (\S+) (\S+) (\d+) (\S+) (\S+) (\d+) (\d+) ([^\0]*)\0(\.[^\0]*)\0\n$/

/** @param raw a whole line, in latin1. */
export const parseLine = (raw: string, at: number): MirrorLine => {
  const [, flag, type, mode, owner, size, mtime, ctime, inode, links, target, path] = shape.exec(raw) ?? []
  // A programming error: find prints nothing else.
  if (path === undefined || target === undefined) throw new Error(`not a line of a list: ${JSON.stringify(raw)}`)
  return {
    marked: flag === mark,
    type: type ?? "",
    mode: mode ?? "",
    owner: owner ?? "",
    size: Number(size),
    mtime: mtime ?? "",
    ctime: ctime ?? "",
    inode: inode ?? "",
    links: Number(links),
    target,
    path,
    at,
    raw
  }
}

export type Attributes = Pick<MirrorLine, "mode" | "mtime" | "owner" | "size" | "target" | "type">

/** What a copy must have as well. The size of a folder depends on the filesystem. */
export const copied = ({ mode, mtime, owner, size, target, type }: Attributes): string =>
  `${type} ${mode} ${owner} ${type === "d" ? "" : size} ${mtime} ${target}`

/** Of a file. */
export const bytesOf = ({ size, type }: MirrorLine): number => (type === "f" ? size : 0)

/** The path of the folder that contains an entry; null: the root. */
export const parentOf = (path: string): string | null => (path === "." ? null : path.slice(0, path.lastIndexOf("/")))

/**
 * Calls `each` with every line of a list.
 * @param bytes the size of the lines; what follows is not read.
 */
export const forEachLine = async (file: string, bytes: number, each: (line: MirrorLine) => void): Promise<void> => {
  let at = 0
  for await (const chunk of chunksOf(file, lineEnd, bytes)) {
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(lineEnd, start)
      if (end === -1) return
      each(parseLine(chunk.toString("latin1", start, end + lineEnd.length), at + start))
      start = end + lineEnd.length
    }
    at += chunk.length
  }
}
