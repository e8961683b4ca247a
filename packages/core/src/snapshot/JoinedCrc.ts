/**
 * The POSIX CRC (`cksum`) of consecutive parts, joined to that of the whole. The CRC is the remainder of the content,
 * followed by its length, as a polynomial over GF(2): so a part counts by its own remainder, moved by what follows it.
 */

/** A remainder is an integer whose bit 31 is the coefficient of x^31. */
const polynomial = 0x04c11db7
/** Of x: it takes this many steps back to 1. */
const order = 2 ** 32 - 1

const times = (a: number, b: number): number => {
  let product = 0
  for (let bit = 31; bit >= 0; bit--) {
    product = (product << 1) ^ (product < 0 ? polynomial : 0)
    if ((b >>> bit) & 1) product ^= a
  }
  return product
}

/** Moves a remainder by bytes that follow it, or back. */
const moved = (remainder: number, bytes: number): number => {
  let rest = ((bytes % order) * 8) % order
  if (rest < 0) rest += order
  let power = 2
  let result = remainder
  for (; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = times(result, power)
    power = times(power, power)
  }
  return result
}

/** A length as cksum appends it: its bytes, the lowest first, without zeros at the end. */
const lengthOf = (bytes: number): { readonly remainder: number; readonly bytes: number } => {
  let remainder = 0
  let count = 0
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 256)) {
    remainder = moved(remainder ^ ((rest % 256) << 24), 1)
    count++
  }
  return { remainder, bytes: count }
}

export class JoinedCrc {
  private remainder = 0
  private length = 0

  get bytes(): number {
    return this.length
  }

  /** @param printed what `cksum` prints for the next part: its CRC and its length. */
  add(printed: string): void {
    const [crc = Number.NaN, bytes = Number.NaN] = printed.split(" ", 2).map(Number)
    const length = lengthOf(bytes)
    this.remainder = moved(this.remainder, bytes) ^ moved(~crc ^ length.remainder, -length.bytes)
    this.length += bytes
  }

  /** As `cksum` prints it. */
  toString(): string {
    const length = lengthOf(this.length)
    return `${~(moved(this.remainder, length.bytes) ^ length.remainder) >>> 0}`
  }
}
