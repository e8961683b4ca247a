import { type MirrorLine, parseLine } from "./Line.ts"

/**
 * Lines by their path. There may be many, so each is kept as it is in its list: parsed, it takes several times the memory.
 */
export class Lines implements Iterable<MirrorLine> {
  private readonly texts = new Map<string, { readonly raw: string; readonly at: number }>()

  get size(): number {
    return this.texts.size
  }

  set({ at, path, raw }: MirrorLine): void {
    this.texts.set(path, { raw, at })
  }

  delete(path: string): void {
    this.texts.delete(path)
  }

  has(path: string): boolean {
    return this.texts.has(path)
  }

  get(path: string): MirrorLine | undefined {
    const text = this.texts.get(path)
    return text === undefined ? undefined : parseLine(text.raw, text.at)
  }

  paths(): Iterable<string> {
    return this.texts.keys()
  }

  *[Symbol.iterator](): Generator<MirrorLine> {
    for (const { at, raw } of this.texts.values()) yield parseLine(raw, at)
  }

  /** The paths of the lines for which it holds. */
  pathsOf(holds: (line: MirrorLine) => boolean): Array<string> {
    const paths: Array<string> = []
    for (const line of this) if (holds(line)) paths.push(line.path)
    return paths
  }
}
