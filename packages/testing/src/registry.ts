/** A real registry (Debian's `docker-registry`) on loopback, and images that are made here. Gone with the scope. */
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import * as net from "node:net"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { temporaryFolder } from "./temporaryFolder.ts"

const has = (tool: string): boolean => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0

export const missingRegistry = (): string | null => {
  const absent = ["docker-registry", "htpasswd", "openssl"].filter((tool) => !has(tool))
  return absent.length === 0 ? null : `${absent.join(", ")} missing: apt install docker-registry apache2-utils openssl`
}

const freePort = () =>
  Effect.callback<number>((resume) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resume(Effect.succeed(port)))
    })
  })

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("close", () => socket.destroy())
    socket.once("connect", () => socket.end())
  })

export interface RegistryOptions {
  readonly tls?: boolean
  readonly user?: { readonly name: string; readonly password: string }
  /** As a mirror of another one. */
  readonly mirrorOf?: string
}

export interface TestRegistry {
  /** `127.0.0.1:<port>` */
  readonly host: string
  readonly folder: string
  /** Docker's `certs.d`, with this registry's authority in it. */
  readonly certificates: string
  readonly stop: () => void
}

const certificate = (folder: string, host: string): string => {
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=registry"],
    ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")]
  ])
  if (made.status !== 0) throw new Error(String(made.stderr))
  const known = join(folder, "certs.d", host)
  mkdirSync(known, { recursive: true })
  spawnSync("cp", [join(folder, "cert.pem"), join(known, "ca.crt")])
  return "  tls: { certificate: cert.pem, key: key.pem }\n"
}

const users = (folder: string, { name, password }: NonNullable<RegistryOptions["user"]>): string => {
  const made = spawnSync("htpasswd", ["-Bbn", name, password])
  writeFileSync(join(folder, "htpasswd"), made.stdout)
  return "auth: { htpasswd: { realm: registry, path: htpasswd } }\n"
}

export const startRegistry = (options: RegistryOptions = {}) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder()
    const port = yield* freePort()
    const host = `127.0.0.1:${port}`
    const tls = options.tls === true ? certificate(folder, host) : ""
    const auth = options.user === undefined ? "" : users(folder, options.user)
    const proxy = options.mirrorOf === undefined ? "" : `proxy: { remoteurl: "${options.mirrorOf}" }\n`
    writeFileSync(
      join(folder, "config.yml"),
      `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\nstorage: { filesystem: { rootdirectory: ${folder}/data }, delete: { enabled: true } }\nhttp:\n  addr: ${host}\n${tls}${auth}${proxy}`
    )
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn("docker-registry", ["serve", "config.yml"], { cwd: folder, stdio: "ignore" })),
      (started) => Effect.sync(() => started.kill("SIGKILL"))
    )
    for (let i = 0; i < 100 && !(yield* Effect.promise(() => answers(port))); i++) yield* Effect.sleep(100)
    const registry: TestRegistry = {
      host,
      folder,
      certificates: join(folder, "certs.d"),
      stop: () => child.kill("SIGKILL")
    }
    return registry
  })

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`

export interface TestImage {
  readonly created?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly env?: ReadonlyArray<string>
  /** Makes it another image. */
  readonly salt?: string
}

const put = async (url: string, init: RequestInit): Promise<Response> => {
  const answer = await fetch(url, init)
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer
}

const pushBlob = async (base: string, bytes: Buffer, headers: Record<string, string>): Promise<string> => {
  const digest = digestOf(bytes)
  const started = await put(`${base}/blobs/uploads/`, { method: "POST", headers })
  const to = new URL(started.headers.get("location") ?? "", base)
  to.searchParams.set("digest", digest)
  await put(to.href, {
    method: "PUT",
    headers: { ...headers, "content-type": "application/octet-stream" },
    body: new Uint8Array(bytes)
  })
  return digest
}

const manifestType = "application/vnd.oci.image.manifest.v1+json"
const indexType = "application/vnd.oci.image.index.v1+json"

const pushManifest = async (
  base: string,
  reference: string,
  type: string,
  content: object,
  headers: Record<string, string>
): Promise<{ readonly digest: string; readonly size: number }> => {
  const body = Buffer.from(JSON.stringify(content))
  await put(`${base}/manifests/${reference}`, {
    method: "PUT",
    headers: { ...headers, "content-type": type },
    body: new Uint8Array(body)
  })
  return { digest: digestOf(body), size: body.length }
}

const pushImage = async (base: string, reference: string | null, image: TestImage, headers: Record<string, string>) => {
  const { created, env = [], labels = {}, salt = "" } = image
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      ...(created === undefined ? {} : { created }),
      config: { Labels: labels, Env: env, Cmd: [salt] },
      rootfs: { type: "layers", diff_ids: [] }
    })
  )
  const content = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: await pushBlob(base, config, headers),
      size: config.length
    },
    layers: []
  }
  const own = digestOf(Buffer.from(JSON.stringify(content)))
  return pushManifest(base, reference ?? own, manifestType, content, headers)
}

const baseOf = ({ host }: TestRegistry, repository: string) => `http://${host}/v2/${repository}`

/** Pushes an image that is only a configuration. @returns its digest. */
export const push = (registry: TestRegistry, name: string, tag: string, image: TestImage = {}) =>
  Effect.promise(async () => (await pushImage(baseOf(registry, name), tag, image, {})).digest)

/** Pushes an index of images by platform. @returns the digest of the index. */
export const pushIndex = (
  registry: TestRegistry,
  name: string,
  tag: string,
  images: Readonly<Record<string, TestImage>>
) =>
  Effect.promise(async () => {
    const base = baseOf(registry, name)
    const manifests: Array<object> = []
    for (const [platform, image] of Object.entries(images)) {
      const [os, architecture, variant] = platform.split("/")
      const { digest, size } = await pushImage(base, null, image, {})
      const of = { os, architecture, ...(variant === undefined ? {} : { variant }) }
      manifests.push({ mediaType: manifestType, digest, size, platform: of })
    }
    const content = { schemaVersion: 2, mediaType: indexType, manifests }
    return (await pushManifest(base, tag, indexType, content, {})).digest
  })

/** As a maintainer does who deletes a tag: the image stays, by its digest. */
export const dropTag = ({ folder }: TestRegistry, name: string, tag: string): void => {
  const tags = join(folder, "data/docker/registry/v2/repositories", name, "_manifests/tags")
  rmSync(join(tags, tag), { recursive: true })
}
