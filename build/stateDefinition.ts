/**
 * `npm run state:definition` brings `packages/core/src/engine/stateDefinition.ts` up to date: the hash of all code that
 * turns stored events into a state, and a state into a saved one, without comments, types and names of variables.
 */
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { rolldown } from "rolldown"
import { repository } from "./repository.ts"

const core = join(repository, "packages/core")

export const stateDefinitionFile = join(core, "src/engine/stateDefinition.ts")

const entries = ["domain/evolve", "domain/State", "log/Codec", "log/HashChain", "engine/savedState"]

/** The library decodes the events, so its version belongs to the definition. */
const effectVersion = (): string => JSON.parse(readFileSync(join(core, "package.json"), "utf8")).dependencies.effect

/** @param change of a source, to test what the definition depends on. */
export const computeStateDefinition = async (change: (code: string, file: string) => string = (code) => code) => {
  const bundled = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, join(core, "src", `${entry}.ts`)])),
    external: [/^node:/, /^effect/],
    platform: "node",
    plugins: [{ name: "change", transform: (code, file) => change(code, file) }],
    logLevel: "warn"
  })
  const { output } = await bundled.generate({ format: "esm", minify: true, comments: false })
  await bundled.close()
  const chunks = output.flatMap((file) => (file.type === "chunk" ? [file.code] : [])).toSorted()
  return createHash("sha256")
    .update(JSON.stringify([effectVersion(), chunks]))
    .digest("hex")
    .slice(0, 16)
}

export const statedDefinition = (): string =>
  /stateDefinition = "([0-9a-f]+)"/.exec(readFileSync(stateDefinitionFile, "utf8"))?.[1] ?? ""

if (import.meta.main) {
  const text = readFileSync(stateDefinitionFile, "utf8")
  const definition = await computeStateDefinition()
  writeFileSync(stateDefinitionFile, text.replace(/stateDefinition = "[0-9a-f]+"/, `stateDefinition = "${definition}"`))
}
