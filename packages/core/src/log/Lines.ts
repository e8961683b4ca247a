/** Lines of a file or a pipe as they arrive, numbered and decoded, with at most one line in memory. */
import type { Readable } from "node:stream"

export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string
}

/** A line that cannot be read. */
export class LineUnreadable extends Error {
  readonly line: number
  constructor(line: number, reason: string) {
    super(reason)
    this.line = line
  }
}

const newline = 0x0a
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decoded = (number: number, bytes: Uint8Array): Line => {
  try {
    return { number, text: utf8.decode(bytes) }
  } catch {
    throw new LineUnreadable(number, "it is not UTF-8 text")
  }
}

/**
 * @throws LineUnreadable for a line that is too long, not UTF-8, or truncated: the last line must end with a line
 *   break.
 */
export async function* linesOf(input: Readable, maxBytes: number): AsyncGenerator<Line> {
  let number = 1
  let begun: Array<Buffer> = []
  let length = 0
  for await (const chunk of input) {
    let rest: Buffer = Buffer.from(chunk)
    while (rest.length > 0) {
      const end = rest.indexOf(newline)
      const part = end === -1 ? rest : rest.subarray(0, end)
      length += part.length
      if (length > maxBytes) throw new LineUnreadable(number, `it is longer than ${maxBytes} bytes`)
      begun.push(part)
      if (end === -1) break
      yield decoded(number, Buffer.concat(begun))
      number++
      begun = []
      length = 0
      rest = rest.subarray(end + 1)
    }
  }
  if (length > 0) throw new LineUnreadable(number, "it is truncated: the last line does not end with a line break")
}
