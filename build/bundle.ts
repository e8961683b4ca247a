/** The command with all that it needs as plain JavaScript: for the package `lastgood`, and for the one file. */
import { type OutputOptions, type Plugin, rolldown } from "rolldown"

export interface Bundle {
  readonly files: ReadonlyArray<{ readonly name: string; readonly code: string }>
  /** Paths of the sources in it. */
  readonly modules: ReadonlyArray<string>
}

/**
 * @param input the module, or modules by name, that the bundle starts with
 * @param scripts replaces `new URL("./script.ts", import.meta.url)` by where the script is in the bundle
 */
export const bundle = async (
  input: string | Readonly<Record<string, string>>,
  scripts: Plugin | null,
  options: OutputOptions
): Promise<Bundle> => {
  const bundled = await rolldown({
    input: typeof input === "string" ? input : { ...input },
    platform: "node",
    plugins: [scripts],
    logLevel: "warn"
  })
  const { output } = await bundled.generate({
    format: "esm",
    // Node reads and hashes all of a file at each start. Licences stay.
    comments: { legal: true, annotation: false, jsdoc: false },
    ...options
  })
  await bundled.close()
  const chunks = output.filter((file) => file.type === "chunk")
  return {
    files: chunks.map(({ fileName, code }) => ({ name: fileName, code })),
    modules: chunks.flatMap(({ moduleIds }) => moduleIds)
  }
}
