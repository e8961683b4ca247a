/** The image: Debian with the package (../deb) and what lastgood starts. Built by the Docker engine of this machine. */
import { spawn } from "node:child_process"
import { copyFile, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import own from "../../package.json" with { type: "json" }
import { buildDeb } from "../deb/build.ts"
import { cache } from "../sea/build.ts"

export interface ImageOptions {
  readonly tag: string
  /** Debian 13 or later, which has Docker's client apart from the engine. */
  readonly base: string
  /** `default`, or `host` where only the machine itself reaches Debian's mirror. */
  readonly network: string
}

const docker = (args: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn("docker", args, { stdio: ["ignore", 2, 2] })
    child.on("error", reject)
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`docker ${args[0]} ended with ${code}`))))
  })

export const buildImage = async ({ tag, base, network }: ImageOptions): Promise<void> => {
  const work = await mkdtemp(join(tmpdir(), "lastgood-image-"))
  try {
    // It is unpacked at once: to compress it well would take minutes for nothing.
    const deb = await buildDeb({ into: join(cache, "image"), version: own.version, compression: "gzip" })
    await copyFile(deb, join(work, "lastgood.deb"))
    await copyFile(join(import.meta.dirname, "Dockerfile"), join(work, "Dockerfile"))
    const build = ["build", "--network", network, "--build-arg", `BASE=${base}`]
    // By a name of its own, or the engine keeps what the image is copied from for ever.
    const stage = `lastgood-build:${process.pid}`
    await docker([...build, "--target", "installed", "--tag", stage, work])
    await docker([...build, "--tag", tag, work])
    await docker(["rmi", stage])
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      tag: { type: "string", default: `lastgood:${own.version}` },
      base: { type: "string", default: "debian:trixie-slim" },
      network: { type: "string", default: "default" }
    }
  })
  await buildImage(values)
  process.stdout.write(`${values.tag}\n`)
}
