/** Bundles the command and its dependencies as plain JavaScript, for the package `lastgood` and for the one file. */
import { type OutputOptions, type Plugin, rolldown } from "rolldown"

export interface Bundle {
  readonly files: ReadonlyArray<{
    readonly name: string
    readonly code: string
    /** Whether a program starts with it. */
    readonly isEntry: boolean
    /** The names of the files that it loads at its start. */
    readonly imports: ReadonlyArray<string>
  }>
  /** Paths of the sources in it. */
  readonly modules: ReadonlyArray<string>
}

/**
 * The library makes a segmenter of graphemes as it loads (20 ms of a start), for tables that lastgood does not print: here
 * it is made when it is used.
 */
const lateSegmenter: Plugin = {
  name: "late-segmenter",
  transform: {
    filter: { id: /\/effect\/dist\/cli\/CliOutput\.js$/ },
    handler(code) {
      const [made, value = ""] =
        /const graphemeSegmenter = (?:\/\*.*?\*\/)?(new Intl\.Segmenter\([^)]*\));/.exec(code) ?? []
      const late = code.replace(made ?? "", "").replaceAll("graphemeSegmenter.", `${value}.`)
      if (made !== undefined && !late.includes("graphemeSegmenter")) return late
      throw new Error(
        "effect/cli/CliOutput makes and uses its segmenter in another way now: correct or delete this plugin"
      )
    }
  }
}

/**
 * @param input the entry module, or entry modules by name
 * @param scripts replaces `new URL("./script.ts", import.meta.url)` by the script's place in the bundle
 */
export const bundle = async (
  input: string | Readonly<Record<string, string>>,
  scripts: Plugin | null,
  options: OutputOptions
): Promise<Bundle> => {
  const bundled = await rolldown({
    input: typeof input === "string" ? input : { ...input },
    platform: "node",
    plugins: [scripts, lateSegmenter],
    logLevel: "warn"
  })
  const { output } = await bundled.generate({
    format: "esm",
    // Node reads and hashes the whole file at each start. Licences stay.
    comments: { legal: true, annotation: false, jsdoc: false },
    ...options
  })
  await bundled.close()
  const chunks = output.filter((file) => file.type === "chunk")
  return {
    files: chunks.map(({ fileName: name, code, imports, isEntry }) => ({ name, code, isEntry, imports })),
    modules: chunks.flatMap(({ moduleIds }) => moduleIds)
  }
}
