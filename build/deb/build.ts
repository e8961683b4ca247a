/**
 * Builds the package for Debian and its derivatives: the one file, systemd units, completions, the man page and the guides.
 * Needs only dpkg-deb; lintian passes (test/e2e/install/deb.test.ts).
 */
import { createHash } from "node:crypto"
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { parseArgs } from "node:util"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { cache, readManifest, repository, run, sourceDate } from "../repository.ts"
import { buildSea, licencesOf, oneFile } from "../sea/build.ts"
import { manPage } from "./man.ts"

const maintainer = "the lastgood developers <lastgood@example.org>"
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" }

export interface DebOptions {
  /** The folder of the package. */
  readonly into: string
  readonly version: string
  /** A larger package, built in seconds instead of minutes. */
  readonly quick: boolean
}

/** Without a timestamp, so that the result is reproducible. */
const gzip = (text: string | Uint8Array): Uint8Array => gzipSync(text, { level: 9 })

const sizeOf = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries.map(async (entry) => (entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 1024))
  )
  return Math.ceil(sizes.reduce((sum, size) => sum + Math.ceil(size / 1024), 0))
}

const checksums = async (folder: string): Promise<string> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const lines = await Promise.all(
    files
      .filter((file) => !relative(folder, file).startsWith("DEBIAN/"))
      .toSorted()
      .map(async (file) => {
        const sum = createHash("md5")
          .update(await readFile(file))
          .digest("hex")
        return `${sum}  ${relative(folder, file)}\n`
      })
  )
  return lines.join("")
}

const control = (version: string, architecture: string, installedSize: number): string => `Package: lastgood
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${installedSize}
Depends: libc6 (>= 2.28), libstdc++6 (>= 9), libgcc-s1, libatomic1, git
Recommends: ca-certificates
Suggests: docker.io | docker-ce, docker-compose | docker-compose-plugin, openssh-client
Section: admin
Priority: optional
Description: upgrades self-hosted apps and rolls back failed upgrades
 lastgood upgrades self-hosted apps unattended. Before each upgrade it takes
 a snapshot of every data volume while nothing can write to it. If the new
 version does not become healthy, lastgood brings back the last good version
 and its data.
 .
 Apps run on Docker Swarm, Docker Compose, Co-op Cloud's abra, or as plain
 processes of the host. lastgood records every step in an append-only log and
 resumes from it after a crash.
`

/** Debian's changelog, which refers to CHANGELOG.md. */
const changelog = (version: string, date: Date): string => {
  const time = date.toUTCString().replace("GMT", "+0000")
  return `lastgood (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- ${maintainer}  ${time}\n`
}

/** @returns the package's path. */
export const buildDeb = async ({ into, version, quick }: DebOptions): Promise<string> => {
  const architecture = architectures[process.arch]
  if (architecture === undefined) throw new Error(`there is no package for ${process.arch}: build on x64 or arm64`)
  const date = await sourceDate()
  await buildSea(oneFile)
  await mkdir(into, { recursive: true })
  const work = await mkdtemp(join(into, ".building-"))
  try {
    const at = (...path: ReadonlyArray<string>) => join(work, "tree", ...path)
    const place = async (path: string, content: string | Uint8Array, mode = 0o644) => {
      await mkdir(join(at(path), ".."), { recursive: true })
      await writeFile(at(path), content)
      await chmod(at(path), mode)
    }
    const ours = (name: string) => readFile(join(import.meta.dirname, name), "utf8")
    const completion = async (shell: string) => (await run(oneFile, ["completions", shell])).stdout

    await mkdir(at("usr/bin"), { recursive: true })
    await copyFile(oneFile, at("usr/bin/lastgood"))
    await chmod(at("usr/bin/lastgood"), 0o755)
    await mkdir(at("etc/lastgood"), { recursive: true })
    for (const unit of ["lastgood.service", "lastgood-once.service", "lastgood-once.timer"]) {
      await place(`lib/systemd/system/${unit}`, await ours(unit))
    }
    await place("usr/share/bash-completion/completions/lastgood", await completion("bash"))
    await place("usr/share/zsh/vendor-completions/_lastgood", await completion("zsh"))
    await place("usr/share/fish/vendor_completions.d/lastgood.fish", await completion("fish"))
    const page = await Effect.runPromise(manPage(date.toISOString().slice(0, 10)))
    await place("usr/share/man/man1/lastgood.1.gz", gzip(page))

    const docs = "usr/share/doc/lastgood"
    await cp(join(repository, "docs"), at(docs, "docs"), { recursive: true })
    await copyFile(join(repository, "README.md"), at(docs, "README.md"))
    await place(`${docs}/CHANGELOG.md.gz`, gzip(await readFile(join(repository, "CHANGELOG.md"))))
    await place(`${docs}/changelog.gz`, gzip(changelog(version, date)))
    const license = await readFile(join(repository, "LICENSE"), "utf8")
    await place(
      `${docs}/copyright`,
      `${license}\nThe licences of Node and of all else that is in the file are in LICENSES.gz.\n`
    )
    await place(`${docs}/LICENSES.gz`, gzip(await readFile(licencesOf(oneFile))))
    await place("usr/share/lintian/overrides/lastgood", await ours("overrides"))
    await run("chmod", ["-R", "u=rwX,go=rX", at()])

    const size = await sizeOf(at())
    for (const script of ["postinst", "prerm", "postrm"]) await place(`DEBIAN/${script}`, await ours(script), 0o755)
    await place("DEBIAN/control", control(version, architecture, size))
    await place("DEBIAN/md5sums", await checksums(at()))
    const name = `lastgood_${version}_${architecture}.deb`
    await run(
      "dpkg-deb",
      ["--root-owner-group", ...(quick ? ["-Zgzip", "-z1"] : ["-Zxz"]), "--build", at(), join(work, name)],
      {
        env: { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor(date.getTime() / 1000)) }
      }
    )
    await rename(join(work, name), join(into, name))
    return join(into, name)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      into: { type: "string", default: join(cache, "deb") },
      version: { type: "string", default: (await readManifest("packages/cli")).version },
      quick: { type: "boolean", default: false }
    }
  })
  process.stdout.write(`${await buildDeb(values)}\n`)
}
