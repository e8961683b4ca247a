/**
 * docs/tutorials/adopt-a-compose-project.md, run as a reader does: every command of the page, in its order, on a real
 * engine. The registry and the images are those of the tests, and ports and names are free ones.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { loadConfig } from "@lastgood/core/config/loadConfig"
import { lastgoodCommand } from "@lastgood/testing/binary"
import { forgetKept } from "@lastgood/testing/dockerImages"
import { freePort } from "@lastgood/testing/freePort"
import { missingRegistry, startRegistry } from "@lastgood/testing/registry"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { execa } from "execa"
import { afterAll, assert, beforeAll, it } from "vitest"
import { composeEnv, describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages, postgresImage } from "../../docker/images.ts"
import { removeStack } from "../../docker/testStack.ts"
import { describeNeeding } from "../../needing.ts"

const page = join(import.meta.dirname, "../../../docs/tutorials/adopt-a-compose-project.md")
const name = `lgtut-${process.pid}`
/** The client of PostgreSQL and Perl, without the VOLUME of the server's image. */
const clientImage = `lastgood-test/tutorial-client:${process.pid}`

/** Its sections, with the commands of each. */
const sectionsOf = (text: string) =>
  text
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf("\n")),
      blocks: [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block)
    }))

describeNeeding("LASTGOOD_TEST_REGISTRY", missingRegistry(), "The tutorial", () => {
  describeCompose("on docker compose", () => {
    const scope = Effect.runSync(Scope.make())
    let folder = ""
    let replaced: ReadonlyArray<readonly [string, string]> = []
    let sections: ReturnType<typeof sectionsOf> = []

    /** Runs a block as bash does, in the folder in which the last one ended. @returns what it printed. */
    const type = async (block: string) => {
      const own = replaced.reduce((text, [from, to]) => text.replaceAll(from, to), block)
      const [, code = "0"] = /# exits with (\d+)/.exec(own) ?? []
      const where = join(folder, ".where")
      const script = `set -euo pipefail\ncd "$(cat ${where})"\n${own}\n`
      const { all, exitCode } = await execa("bash", ["-c", `${script}pwd > ${where}\n`], {
        all: true,
        reject: false,
        stdin: "ignore",
        env: {
          ...composeEnv,
          PATH: `${join(folder, ".bin")}:${process.env["PATH"] ?? ""}`,
          ...{ LASTGOOD_ROOT: join(folder, "root"), LASTGOOD_CONFIG: "", NO_COLOR: "1", DOCKER_BUILDKIT: "0" }
        }
      })
      assert.strictEqual(String(exitCode), code, `${own}\n${all}`)
      return all
    }
    const section = async (title: string) => {
      const found = sections.find((one) => one.title === title) ?? assert.fail(`no section ${title}`)
      const said: Array<string> = []
      for (const block of found.blocks) said.push(await type(block))
      return said.join("\n")
    }
    const answer = () => type("curl --silent http://127.0.0.1:8080/")

    beforeAll(async () => {
      await Effect.runPromise(ensureImages("busybox", "postgres"))
      folder = await mkdtemp(join(tmpdir(), "lastgood-tutorial-"))
      const registry = await Effect.runPromise(Scope.provide(startRegistry(), scope))
      const { stdout: container } = await execa("docker", ["create", postgresImage])
      const path = "ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin"
      await execa("sh", ["-c", `docker export ${container} | docker import --change '${path}' - ${clientImage}`])
      await execa("docker", ["rm", container])
      const port = await freePort()
      replaced = [
        ["docker run --detach --name registry --publish 127.0.0.1:5000:5000 registry:3", "true"],
        ["docker rm --force registry", "true"],
        [/^RUN apt-get update .*$/m.exec(await readFile(page, "utf8"))?.[0] ?? "", ""],
        ["FROM debian:13-slim", `FROM ${clientImage}`],
        ["image: postgres:17", `image: ${postgresImage}`],
        ["127.0.0.1:5000", registry.host],
        ["127.0.0.1:8080", `127.0.0.1:${port}`],
        ["mkdir guestbook && cd guestbook", `mkdir ${name} && cd ${name}`],
        // The gate's times are below, and here is its deadline.
        [
          "sed -i '/^  guestbook:/a\\    health: { deadline: 1m }' lastgood.yaml",
          "sed -i 's/health: {/health: { deadline: 30s,/' lastgood.yaml"
        ],
        ["rm -r guestbook", `rm -r ${name}`],
        ...["doctor", "promote", "plan", "upgrade", "log"].map(
          (command) => [`lastgood ${command} guestbook`, `lastgood ${command} ${name}`] as const
        )
      ]
      sections = sectionsOf(await readFile(page, "utf8"))
      await mkdir(join(folder, ".bin"))
      await writeFile(
        join(folder, ".bin/lastgood"),
        `#!/bin/sh\nexec ${lastgoodCommand.map((word) => `'${word}'`).join(" ")} "$@"\n`
      )
      await chmod(join(folder, ".bin/lastgood"), 0o755)
      await writeFile(join(folder, ".where"), folder)
    }, 600_000)

    afterAll(async () => {
      await Effect.runPromise(removeStack(name))
      await Effect.runPromise(Effect.ignore(forgetKept(name)))
      await execa("sh", ["-c", `docker image rm --force $(docker image ls -q '*/guestbook')`], { reject: false })
      await execa("docker", ["image", "rm", "--force", clientImage], { reject: false })
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await rm(folder, { recursive: true, force: true })
    }, 120_000)

    it("starts a project as people have it", { timeout: 900_000 }, async () => {
      assert.include(await section("A project to practise on"), "guestbook 1.0.0\nAda\nGrace")
    })

    /** Verifies: LAW-12 */
    it("writes a configuration that is valid as it stands, private, and without a secret", {
      timeout: 900_000
    }, async () => {
      const said = await section("Write the configuration")
      const file = (await type("realpath lastgood.yaml")).trim()
      const text = await readFile(file, "utf8")
      assert.strictEqual((await stat(file)).mode & 0o777, 0o600)
      assert.notInclude(text, "correct-horse")
      const { apps } = await Effect.runPromise(
        loadConfig({ config: file, root: join(folder, "root") }).pipe(Effect.provide(NodeServices.layer))
      )
      const app = apps.find((one) => one.name === name) ?? assert.fail(said)
      const home = dirname(file)
      assert.deepStrictEqual([app.runtime, app.recipe, app.folder, app.stack], ["compose", home, home, name])
      // The image of the test's database is in no registry.
      assert.deepStrictEqual(app.versions, { kind: "images", rules: [], fixed: ["db"] })
      assert.match(text, /\.\/db of db \(\d.* MB\)/)
      assert.match(text, /http: \[\{ path: \/, status: 200 \}\]/)
      assert.match(text, /databases: \{ db: postgres \}/)
      // What is left to the defaults, for people who have the time.
      await writeFile(file, text.replace(`\n  ${name}:\n`, "$&    health: { stableFor: 1s, interval: 500ms }\n"))
    })

    /** Verifies: LAW-14 */
    it("finds nothing to repair, and says how long the app will be down", { timeout: 900_000 }, async () => {
      const said = await section("Check the app")
      assert.match(said, /promote: .* will be down as long as a stop, a copy of \d.* MB and a start take/)
    })

    /** Verifies: LAW-5 */
    it("adopts the app with its database", { timeout: 900_000 }, async () => {
      const said = await section("Adopt it")
      assert.match(said, /will be down as long as a stop, a copy of \d.* MB and a start take/)
      assert.include(await answer(), "guestbook 1.0.0\nAda\nGrace")
    })

    it("upgrades to the image that was pushed", { timeout: 900_000 }, async () => {
      assert.include(await section("The first guarded upgrade"), "guestbook 1.1.0\nAda\nGrace")
    })

    /** Verifies: LAW-2, LAW-9 */
    it("rolls back an image that damages the database, with the data", { timeout: 900_000 }, async () => {
      assert.include(await section("An upgrade that fails"), "guestbook 1.1.0\nAda\nGrace")
      const columns = await type(
        `docker compose exec -T db psql --host 127.0.0.1 --username guestbook -qtAc "select email is null from guests"`
      )
      assert.include(columns, "t\nt")
    })

    it("leaves nothing behind", { timeout: 900_000 }, async () => {
      await section("From now on")
      const { stdout } = await execa("docker", ["ps", "-aq", "--filter", `label=com.docker.compose.project=${name}`])
      assert.strictEqual(stdout, "")
    })
  })
})
