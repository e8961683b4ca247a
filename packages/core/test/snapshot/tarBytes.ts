/** Archives as bytes, so that tests can make what no tool would write. */

export interface Member {
  readonly name: string
  /** tar's type flag: "0" file, "1" hard link, "2" symlink, "3" "4" devices, "5" folder, "6" fifo, "x" "g" pax, "L" "K" GNU. */
  readonly type?: string
  readonly link?: string
  readonly body?: Uint8Array | string
  /** What the header says of the size: by default the truth. */
  readonly size?: number
  readonly mode?: number
}

const block = 512

const bytesOf = (text: string | Uint8Array): Buffer =>
  typeof text === "string" ? Buffer.from(text, "latin1") : Buffer.from(text)

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`

const padded = (body: Buffer): Buffer => Buffer.concat([body, Buffer.alloc((block - (body.length % block)) % block)])

/** One member: its header and its body. */
export const member = ({ name, type = "0", link = "", body = "", size, mode = 0o644 }: Member): Buffer => {
  const content = bytesOf(body)
  const header = Buffer.alloc(block)
  bytesOf(name).copy(header, 0, 0, 100)
  header.write(octal(mode, 8), 100, "latin1")
  header.write(octal(0, 8), 108, "latin1")
  header.write(octal(0, 8), 116, "latin1")
  header.write(octal(size ?? content.length, 12), 124, "latin1")
  header.write(octal(1_700_000_000, 12), 136, "latin1")
  header.write("        ", 148, "latin1")
  header.write(type, 156, "latin1")
  bytesOf(link).copy(header, 157, 0, 100)
  header.write("ustar\x0000", 257, "latin1")
  header.write(octal(1, 8), 329, "latin1")
  header.write(octal(3, 8), 337, "latin1")
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7
    )} `,
    148,
    "latin1"
  )
  return Buffer.concat([header, padded(content)])
}

/** The records of an extended header. */
const records = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`
      const length = (digits: number): string => {
        const total = `${rest.length + digits}`
        return total.length === digits ? total : length(total.length)
      }
      return `${length(1)}${rest}`
    })
    .join("")

/** An extended header for the next member ("x") or for all that follow ("g"). */
export const pax = (values: Readonly<Record<string, string>>, type: "x" | "g" = "x"): Buffer =>
  member({ name: "PaxHeaders/x", type, body: records(values) })

/** GNU's way to a long name ("L") or link target ("K") of the next member. */
export const gnuLong = (type: "L" | "K", value: string): Buffer =>
  member({ name: "././@LongLink", type, body: `${value}\0` })

export const root: Buffer = member({ name: "./", type: "5", mode: 0o755 })

export const end: Buffer = Buffer.alloc(2 * block)

/** A whole archive: the root folder, these members, and the end. */
export const tar = (...members: ReadonlyArray<Buffer>): Buffer => Buffer.concat([root, ...members, end])
