// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/**
 * LAW-14 on a real swarm, through the command: what would go wrong once the app is down is told while it runs, with the
 * reason and what to do, and costs nobody anything.
 */
import { appendFile, readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { vi } from "vitest"
import { busyboxImage, ensureImages, volumeImage } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { removeStack } from "../../docker/testStack.ts"
import { expectApp, old, upgraded } from "./checks.ts"
import { untouched } from "./watch.ts"
import { docker, inWorld, migrates, type Options, v2, type World } from "./world.ts"

vi.setConfig({ testTimeout: 600_000 })

type Change = (compose: string) => string

/** Adds lines to the service `web`, to the top, or replaces a word: each must be there. */
const replace =
  (from: string, to: string): Change =>
  (compose) => {
    assert.include(compose, from)
    return compose.replace(from, to)
  }
const mount = (what: string) => replace('volumes: ["data:/data"]', `volumes: ["data:/data", "${what}"]`)
const also =
  (...changes: ReadonlyArray<Change>): Change =>
  (compose) =>
    changes.reduce((text, change) => change(text), compose)
const inWeb = (line: string) => replace('    command: ["sh", "/web.sh"]', `    command: ["sh", "/web.sh"]\n    ${line}`)
const deployed = (line: string) => replace("      endpoint_mode: dnsrr", `      endpoint_mode: dnsrr\n      ${line}`)

let minor = 1

/** The next version, with a change that it must be refused for: at once, and each time it is asked for. */
const refused = async (
  world: World,
  gate: string,
  reason: RegExp,
  next: RegExp,
  change: Change = (compose) => compose
) => {
  const version = `1.${++minor}.0+1.${minor}.0`
  await world.tag(version, migrates, change)
  await refusedTo(world, version, gate, reason, next)
}

const refusedTo = async (world: World, version: string, gate: string, reason: RegExp, next: RegExp) => {
  const ran = await untouched(world, () => world.lastgood(["upgrade", "demo", "--to", version]))
  assert.strictEqual(ran.code, 5, ran.said)
  for (const pattern of [new RegExp(`${gate}: `), reason])
    assert.isTrue(pattern.test(ran.said), `${pattern}: ${ran.said}`)
  const advice = ran.said.slice(ran.said.lastIndexOf("  next"))
  assert.isTrue(next.test(advice), `${next}: ${ran.said}`)
  const alert = (await world.alerts()).at(-1)
  assert.deepStrictEqual([alert?.outcome, alert?.attempted, alert?.recovered], ["refused", version, true])
  await expectApp(world, old)
}

const works = async (world: World) => {
  await world.tag(v2, migrates)
  const ran = await world.lastgood(["upgrade", "demo", "--to", v2])
  assert.strictEqual(ran.code, 0, ran.said)
  await expectApp(world, upgraded)
}

/** Debian's own client, where a newer one is first in PATH: it cannot show a stack's files. */
const oldClient = async (): Promise<Options> => {
  const { stdout } = await execa("/usr/bin/docker", ["--version"], { reject: false })
  return /version 20\./.test(stdout ?? "") ? { environment: { PATH: `/usr/bin:${process.env["PATH"]}` } } : {}
}

/** Verifies: LAW-14 */
describeSwarm("Swarm, an upgrade is refused and the app is not touched", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  it("if the release would lose data, or keep it outside of snapshots", () =>
    inWorld(async (world) => {
      const named = /name it in the compose file/
      await refused(world, "anonymous-volume", /web keeps \/cache in an anonymous volume/, named, mount("/cache"))
      const image = replace(
        '    command: ["sh", "/worker.sh"]',
        `    command: ["sh", "/worker.sh"]\n    image: ${volumeImage}`
      )
      await refused(world, "anonymous-volume", /worker keeps \/data in an anonymous volume/, named, image)
      await refused(world, "bind-mount", /web writes to .* on the host/, /named volume/, mount(`${world.home}:/x`))
      const memory = also(
        mount("mem:/mem"),
        replace("  jobs: {}", "  jobs: {}\n  mem: { driver_opts: { type: tmpfs, device: tmpfs } }")
      )
      await refused(
        world,
        "foreign-driver",
        /_mem is not a folder on this host's disk \(type tmpfs\)/,
        /local driver/,
        memory
      )
      await works(world)
    }))

  it("if Docker would not accept the release", async () => {
    for (const options of [{}, await oldClient()]) {
      await inWorld(async (world) => {
        await refused(world, "invalid-recipe", /foo/, /correct the recipe/, inWeb("foo: bar"))
        await refused(
          world,
          "invalid-recipe",
          /NEEDED.*set it/s,
          /correct the recipe or the env file/,
          replace("written by 2", "${NEEDED:?set it}")
        )
        await refused(
          world,
          "invalid-recipe",
          /compose\.yml/,
          /correct the recipe/,
          replace("services:", "services: [")
        )
        const env = await readFile(world.at("demo.env"), "utf8")
        await appendFile(world.at("demo.env"), "COMPOSE_FILE=compose.yml:compose.none.yml\n")
        await refused(world, "invalid-recipe", /it has no file compose\.none\.yml/, /COMPOSE_FILE of the env file/)
        await writeFile(world.at("demo.env"), env)
      }, options)
    }
  }, 600_000)

  it("if something that it needs does not exist", () =>
    inWorld(async (world) => {
      const none = `${world.stack}-none`
      const external = (noun: string, key: string) =>
        replace(`${noun}s:\n`, `${noun}s:\n  ${key}: { external: true, name: ${none} }\n`)
      const make = (noun: string) => new RegExp(`docker ${noun} create`)
      await refused(
        world,
        "prefetch",
        /the image lastgood-test\/none:1 cannot be pulled/,
        /docker pull/,
        replace(busyboxImage, "lastgood-test/none:1")
      )
      await refused(
        world,
        "missing-secret",
        /-none does not exist/,
        make("secret"),
        also(external("secret", "s"), replace("secrets: [token]", "secrets: [token, s]"))
      )
      const config = replace(
        "configs: [{ source: web, target: /web.sh }]",
        "configs: [{ source: web, target: /web.sh }, c]"
      )
      await refused(
        world,
        "missing-config",
        /-none does not exist/,
        make("config"),
        also(external("config", "c"), config)
      )
      await refused(
        world,
        "missing-network",
        /-none does not exist/,
        make("network"),
        also(external("network", "n1"), replace("networks: [inner]", "networks: [inner, n1]"))
      )
      await refused(
        world,
        "missing-config",
        /has no file .*none\.sh/,
        /correct its name/,
        replace("./worker.sh", "./none.sh")
      )
      await refused(
        world,
        "missing-file",
        /\/nowhere\/x does not exist, but web mounts it/,
        /correct its path/,
        mount("/nowhere/x:/x:ro")
      )
      await works(world)
    }))

  it("if no node can run it, or its port is taken", () =>
    inWorld(async (world) => {
      await refused(
        world,
        "unplaceable",
        /matches node\.hostname == gone/,
        /docker node ls/,
        deployed('placement: { constraints: ["node.hostname == gone"] }')
      )
      await refused(
        world,
        "unplaceable",
        /reserves .* no node has that much left/,
        /reservations/,
        deployed('resources: { reservations: { memory: "9000g" } }')
      )
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, () => resolve()))
      const { port } = server.address() as AddressInfo
      const publish = (number: number) =>
        replace("    networks: [inner]", `    networks: [inner]\n    ports: ["${number}:80"]`)
      await refused(
        world,
        "port-taken",
        new RegExp(`worker publishes port ${port}/tcp, which is in use by pid ${process.pid} `),
        /change the port/,
        publish(port)
      )
      await new Promise((resolve) => server.close(resolve))
      const other = `${world.stack}-other`
      try {
        await docker("service", "create", "--detach", "--name", other, "--publish", `${port}:80`, busyboxImage, "top")
        await refused(
          world,
          "port-taken",
          new RegExp(`which is in use by service ${other}`),
          /change the port/,
          publish(port)
        )
      } finally {
        await Effect.runPromise(removeStack(other))
      }
      await works(world)
    }))

  it("if somebody else uses a name that it creates, or objects of the stack", () =>
    inWorld(async (world) => {
      const taken = `${world.stack}-taken`
      await docker("config", "create", "--label", "com.docker.stack.namespace=blog", taken, "/etc/hostname")
      await docker("secret", "create", taken, "/etc/hostname")
      await docker("network", "create", "--driver", "overlay", taken)
      const named = (noun: string, file: string, use: Change) =>
        also(replace(`${noun}s:\n`, `${noun}s:\n  other: { name: ${taken}${file} }\n`), use)
      const config = replace(
        "configs: [{ source: web, target: /web.sh }]",
        "configs: [{ source: web, target: /web.sh }, other]"
      )
      const name = /rename it in the recipe/
      await refused(
        world,
        "taken-config",
        /belongs to the stack blog/,
        name,
        named("config", ", file: ./web.sh", config)
      )
      await refused(
        world,
        "taken-secret",
        /was created manually/,
        name,
        named("secret", ", file: ./web.sh", replace("secrets: [token]", "secrets: [token, other]"))
      )
      await refused(
        world,
        "taken-network",
        /was created manually/,
        name,
        named("network", "", replace("networks: [inner]", "networks: [inner, other]"))
      )

      const other = `${world.stack}-other`
      const create = ["service", "create", "--detach", "--name", other, "--endpoint-mode", "dnsrr"]
      try {
        await docker(...create, "--network", `${world.stack}_inner`, busyboxImage, "top")
        await refused(
          world,
          "shared-network",
          new RegExp(`service ${other} is outside of the stack and uses its network`),
          /outside of the stack/
        )
        await Effect.runPromise(removeStack(other))
        await docker(...create, "--mount", `type=volume,source=${world.stack}_jobs,target=/x`, busyboxImage, "top")
        await refused(
          world,
          "shared-volume",
          new RegExp(`_jobs is also mounted by service ${other}`),
          /docker service rm/
        )
      } finally {
        await Effect.runPromise(removeStack(other))
      }
      await docker("create", "--name", other, "--volume", `${world.stack}_data:/x`, busyboxImage, "true")
      await refused(
        world,
        "shared-volume",
        new RegExp(`_data is also mounted by container ${other}\\b`),
        /docker container rm/
      )
      await docker("rm", other)

      const shell = execa("sh", ["-c", 'exec 5>> "$1/held"; exec sleep 1000', "sh", await world.volume("jobs")], {
        reject: false
      })
      try {
        await refused(
          world,
          "held-volume",
          new RegExp(`pid ${shell.pid} \\(sleep\\) has .*held open`),
          /end the process/
        )
      } finally {
        shell.kill("SIGKILL")
        await shell
      }
      await works(world)
    }))

  it("if the disk has too little space for the snapshot and a rollback", () =>
    inWorld(async (world) => {
      const image = world.at("disk")
      const folder = world.at("root")
      await execa("truncate", ["--size", "150M", image])
      await execa("mkfs.ext4", ["-q", "-F", image])
      const data = await world.volume("data")
      // The root moves to a disk of its own, with all that is in it.
      await execa("cp", ["-a", folder, world.at("moved")])
      await execa("mount", ["-o", "loop", image, folder])
      try {
        await execa("sh", ["-c", 'cp -a "$1/." "$2/"; chmod 700 "$2"', "sh", world.at("moved"), folder])
        await execa("dd", ["if=/dev/urandom", `of=${join(data, "large")}`, "bs=1M", "count=100", "status=none"])
        await refused(world, "disk", /has \d+ MB free, expected \d+ MB/, /free space there/)
        await execa("rm", [join(data, "large")])
        await works(world)
      } finally {
        await execa("umount", ["--lazy", folder])
      }
    }))
})
