/** The image, beside the engine whose apps it keeps: with its root and the volumes under one mount, and under two. */
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { baseImage, busyboxImage, ensureImages } from "../../docker/images.ts"
import { buildImage, describeHost, makeHost } from "./host.ts"

const image = `lastgood-test/lastgood:${process.pid}`
/** Where the engine has its volumes. It may have made a mount of it. */
const engine = "/var/lib/docker"

const config = (folder: string, project: string) => `root: ${folder}/root
apps:
  site:
    recipe: ${folder}/recipe
    runtime: compose
    domain: site.example.org
    stack: ${project}
    health: { deadline: 20s, stableFor: 300ms, interval: 200ms, checks: [{ exec: "test ! -e /data/broken", service: web }] }
`

const compose = (starts: string) => `services:
  web:
    image: ${busyboxImage}
    command: ["sh", "-c", "${starts}; exec sleep infinity"]
    init: true
    stop_grace_period: 1s
    volumes: [data:/data]
volumes:
  data: {}
`

describeHost("the image", () => {
  beforeAll(async () => {
    await Effect.runPromise(Effect.andThen(ensureImages("busybox", "debian13"), buildImage(image, baseImage)))
  }, 900_000)
  afterAll(() => execa("docker", ["rmi", "--force", image], { reject: false }))

  /** Verifies: LAW-2, LAW-4 */
  it.live.each([
    ["one mount", "root", engine],
    ["two mounts", "beside", "/var/lib"]
  ] as const)(
    "with root and volumes under %s, brings an app back with its data",
    ([name, place, parent]) =>
      Effect.gen(function* () {
        const project = `lgim_${process.pid}_${place}`
        const folder = join(parent, project)
        yield* Effect.acquireRelease(
          Effect.promise(() => mkdir(folder)),
          () =>
            Effect.promise(async () => {
              const ours = ["--filter", `label=com.docker.compose.project=${project}`]
              const { stdout } = await execa("docker", ["ps", "--all", "--quiet", ...ours])
              const containers = stdout.split("\n").filter((id) => id !== "")
              if (containers.length > 0) await execa("docker", ["rm", "--force", ...containers])
              await execa("docker", ["network", "rm", `${project}_default`], { reject: false })
              await execa("docker", ["volume", "rm", `${project}_data`], { reject: false })
              await rm(folder, { recursive: true, force: true })
            })
        )
        const host = yield* makeHost(image, [
          ...["--pid", "host", "--network", "host", "--security-opt", "apparmor=unconfined"],
          ...["--cap-add", "SYS_PTRACE", "--cap-add", "LINUX_IMMUTABLE"],
          ...["--volume", "/var/run/docker.sock:/var/run/docker.sock"],
          ...["--volume", `${engine}:${engine}`],
          ...(place === "beside" ? ["--volume", `${folder}:${folder}`] : []),
          ...["--env", `LASTGOOD_CONFIG=${folder}/lastgood.yaml`]
        ])
        assert.strictEqual((yield* host.bash("command -v node")).code, 1)
        yield* host.write(`${folder}/lastgood.yaml`, config(folder, project))
        yield* host.write(`${folder}/recipe/compose.yml`, compose("echo first >/data/page"))
        const commit = "git add . && git -c user.name=t -c user.email=t@example.org commit --quiet -m v"
        yield* host.must(`cd ${folder}/recipe && git init --quiet && ${commit} && git tag 1.0.0+1.0.0`)
        const doctor = yield* host.bash("lastgood doctor site")
        assert.notMatch(doctor.stdout, /^FAIL/m, doctor.stdout + doctor.stderr)
        yield* host.must("lastgood deploy site")
        yield* host.write(`${folder}/recipe/compose.yml`, compose("echo second >/data/page; touch /data/broken"))
        yield* host.must(`cd ${folder}/recipe && ${commit} && git tag 1.1.0+1.1.0`)
        const upgrade = yield* host.bash("lastgood upgrade site")
        assert.strictEqual(upgrade.code, 3, `${name}: ${upgrade.stdout}${upgrade.stderr}`)
        const data = `${engine}/volumes/${project}_data`
        assert.strictEqual(yield* host.must(`ls ${data}/_data; cat ${data}/_data/page`), "page\nfirst")
        const aside = place === "root" ? `${folder}/root/site/aside/*/*` : `${data}/.lastgood/*/aside/*`
        assert.strictEqual(yield* host.must(`cat ${aside}/page`), "second")
        yield* host.must("lastgood verify")
      }),
    { timeout: 300_000, concurrent: true }
  )
})
