/** Builds the image with the local Docker engine: Debian with the one file and the programs that it starts. */
import { spawn } from "node:child_process"
import { copyFile, link, mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { cache, readManifest } from "../repository.ts"
import { buildSea, licencesOf, oneFile } from "../sea/build.ts"

export interface ImageOptions {
  readonly tag: string
  /** Debian 13 or later, which packages Docker's client without the engine. */
  readonly base: string
  /** `default`, or `host` if only the machine itself reaches Debian's mirror. */
  readonly network: string
}

const docker = (args: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn("docker", args, { stdio: ["ignore", 2, 2] })
    child.on("error", reject)
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`docker ${args[0]} ended with ${code}`))))
  })

export const buildImage = async ({ tag, base, network }: ImageOptions): Promise<void> => {
  await buildSea(oneFile)
  // On the filesystem of the file, so that the file need not be copied.
  const context = await mkdtemp(join(cache, "image-"))
  try {
    await link(oneFile, join(context, "lastgood"))
    await copyFile(licencesOf(oneFile), join(context, "LICENSES"))
    await copyFile(join(import.meta.dirname, "Dockerfile"), join(context, "Dockerfile"))
    await docker(["build", "--network", network, "--build-arg", `BASE=${base}`, "--tag", tag, context])
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      tag: { type: "string", default: `lastgood:${(await readManifest("packages/cli")).version}` },
      base: { type: "string", default: "debian:trixie-slim" },
      network: { type: "string", default: "default" }
    }
  })
  await buildImage(values)
  process.stdout.write(`${values.tag}\n`)
}
