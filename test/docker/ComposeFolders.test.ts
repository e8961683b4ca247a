// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/** Data folders of a compose project, on a real engine: which they are, who else has them, and what is deployed. */
import { mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, beforeAll } from "@effect/vitest"
import { isOperatorCopyCurrent, replaceOperatorFiles } from "@lastgood/core/disk/operatorFiles"
import type { DataAnswer, EffectiveApp, Release } from "@lastgood/core/domain/App"
import { run } from "@lastgood/core/process/Tool"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { compose, type ServiceOptions } from "./compose.ts"
import { composeTest, describeCompose } from "./composePlugin.ts"
import { busyboxImage, ensureImages } from "./images.ts"
import { deadline } from "./runtimeTest.ts"
import type { TestStack } from "./testStack.ts"

type Files = Readonly<Record<string, string>>

/** A folder beside the root, with files in it. */
const projectFolder = Effect.fnUntraced(function* (files: Files) {
  const made = yield* temporaryFolder()
  return yield* Effect.promise(async () => {
    const folder = await realpath(made)
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name, ".."), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    return folder
  })
})

const inFolder = (
  app: EffectiveApp,
  folder: string,
  data: Readonly<Record<string, DataAnswer>> = {}
): EffectiveApp => ({
  ...app,
  folder,
  data: new Map(Object.entries(data).map(([path, answer]) => [join(folder, path), answer]))
})

const container = (name: string, ...flags: ReadonlyArray<string>) =>
  Effect.acquireRelease(run("docker", ["run", "--detach", "--name", name, ...flags, busyboxImage, "top"]), () =>
    Effect.orDie(run("docker", ["rm", "--force", name]))
  )

const folderTest = (
  name: string,
  files: Files,
  body: (
    runtime: Runtime & { readonly folders: NonNullable<Runtime["folders"]> },
    stack: TestStack,
    folder: string
  ) => Effect.Effect<void, unknown, Scope.Scope>
) =>
  composeTest(name, (runtime, stack) =>
    Effect.gen(function* () {
      const { folders } = runtime
      if (folders === undefined) throw new Error("the runtime has no data folders")
      yield* body({ ...runtime, folders }, stack, yield* projectFolder(files))
    })
  )

const web = (more: ServiceOptions): Files => compose({ web: more })

describeCompose("Compose with data folders", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-9 */
  folderTest(
    "is not started without a file that it mounts, in whose place docker would make a folder",
    {
      "app.conf": "a = 1"
    },
    (runtime, stack, folder) =>
      Effect.gen(function* () {
        const app = inFolder(stack.app, folder)
        const release = yield* stack.release("1.0.0+1", web({ volumes: ["./app.conf:/etc/app.conf:ro"] }))
        yield* runtime.deploy(app, release, deadline)
        yield* runtime.undeploy(app, deadline, [])
        yield* Effect.promise(() => rm(join(folder, "app.conf")))
        const failed = yield* Effect.flip(runtime.deploy(app, release, deadline))
        assert.include(failed.message, `the file ${join(folder, "app.conf")} does not exist, but web mounts it`)
        assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), [])
      })
  )

  /** Verifies: LAW-1, LAW-14 */
  folderTest("has a folder as its own by the place that it leads to", { "data/x": "1" }, (runtime, stack, folder) =>
    Effect.gen(function* () {
      const app = inFolder(stack.app, folder)
      yield* Effect.promise(() => symlink("data", join(folder, "link")))
      const release = yield* stack.release(
        "1.0.0+1",
        web({ volumes: ["./link/../link:/data", "./new:/new", "/etc/hosts:/h:ro"] })
      )
      assert.deepStrictEqual(yield* runtime.preflight(app, release), [])
      const { data: paths } = yield* runtime.folders(app, release)
      assert.deepStrictEqual(paths, [join(folder, "data"), join(folder, "new")])
      const [volume, ...others] = yield* runtime.volumes(app, paths)
      assert.deepStrictEqual(
        [volume?.kind, volume?.name, volume?.key, others],
        ["folder", join(folder, "data"), "./data", []]
      )
      assert.deepStrictEqual(yield* runtime.volumes(inFolder(stack.app, folder, { data: "external" }), paths), [])
      // By its other name, and as a folder around it, also while they do not run.
      for (const [source, how] of [
        ["link", "running"],
        [".", "running"],
        ["data", "exited"]
      ] as const) {
        yield* Effect.gen(function* () {
          const name = `${app.stack}-other`
          yield* container(name, "--volume", `${join(folder, source)}:/x`)
          if (how === "exited") yield* run("docker", ["kill", name])
          const hazards = yield* runtime.preflight(app, release)
          const asked = hazards.filter(({ kind }) => kind === "unanswered-folder")
          assert.include(asked.map(({ what }) => what).join(), `container ${name} `)
          const left = yield* Effect.flip(runtime.assertQuiet(app, paths))
          assert.include(
            left.message,
            `data folder ${join(folder, "data")} is in use outside of the project: container ${name} (${how})`
          )
          const own = inFolder(stack.app, folder, { data: "own", new: "own" })
          const isAround = source === "."
          assert.deepStrictEqual(
            (yield* runtime.preflight(own, release)).map(({ kind }) => kind),
            isAround ? [] : ["shared-volume"]
          )
          const external = inFolder(stack.app, folder, { data: "external", new: "external" })
          assert.deepStrictEqual(yield* runtime.preflight(external, release), [])
          assert.deepStrictEqual(yield* runtime.folders(external, release), {
            data: [],
            external: [join(folder, "data"), join(folder, "new")],
            unused: []
          })
          yield* runtime.assertQuiet(external, paths)
        }).pipe(Effect.scoped)
      }
      yield* runtime.assertQuiet(app, paths)
    })
  )

  folderTest(
    "deploys what the version brings from the release, and all else from the folder",
    {
      ".env": "GREETING=hello\n",
      "own.env": "NOTE=mine\n",
      "page.html": "of the folder",
      "notes.json": "of the app",
      "theirs.html": "of the folder",
      "secret.txt": "hush",
      "theme/a.css": "of the folder",
      "certs/key.pem": "of the folder",
      "data/x": "1"
    },
    (runtime, stack, folder) =>
      Effect.gen(function* () {
        const unanswered = { ...inFolder(stack.app, folder), envFile: join(folder, ".env") }
        const answered = (data: Readonly<Record<string, DataAnswer>>) => ({
          ...inFolder(stack.app, folder, data),
          envFile: join(folder, ".env")
        })
        const app = answered({ "page.html": "external", "notes.json": "own" })
        const files = {
          ...compose(
            {
              web: {
                env_file: [".env", "own.env"],
                environment: { TOLD: "${GREETING:?} $$x" },
                volumes: [
                  "./page.html:/page.html",
                  "./notes.json:/notes.json",
                  "./theirs.html:/theirs.html:ro",
                  "./theme:/theme:ro",
                  "./certs:/certs:ro",
                  "./data:/data",
                  "./new:/new"
                ],
                secrets: ["s"]
              }
            },
            { secrets: { s: { file: "./secret.txt" } } }
          ),
          "page.html": "of the release",
          "notes.json": "of the release",
          "theme/a.css": "of the release",
          "certs/.gitkeep": "",
          "data/.gitkeep": ""
        }
        const release = yield* stack.release("1.0.0+1", files, "GREETING=kept\n")
        // What the app writes to a file of the version would be lost with it.
        const asked = yield* runtime.preflight(unanswered, release)
        assert.deepStrictEqual(
          asked.map(({ kind, what }) => `${kind}: ${what}`),
          ["page.html", "notes.json"].map(
            (name) => `unanswered-folder: web can write to ./${name}, a file that each version brings`
          )
        )
        assert.deepStrictEqual(yield* runtime.preflight(app, release), [])
        const places = yield* runtime.folders(app, release)
        assert.deepStrictEqual(places, {
          data: ["notes.json", "data", "new"].map((name) => join(folder, name)),
          external: [],
          unused: []
        })
        yield* runtime.deploy(app, release, deadline)
        const read = Effect.fnUntraced(function* (command: string) {
          return (yield* runtime.exec(app, command, "web")).output.trim()
        })
        assert.strictEqual(
          yield* read("cat /page.html /notes.json /theirs.html /theme/a.css /certs/key.pem"),
          "of the releaseof the appof the folderof the releaseof the folder"
        )
        // A secret is where the service reads it, and in nothing that the service prints (LAW-12).
        assert.strictEqual(yield* read("cat /run/secrets/s; wc -c < /run/secrets/s"), "***4")
        // The env file is the one that was kept with the release.
        assert.strictEqual(yield* read('echo "$TOLD $GREETING $NOTE"'), "kept $x kept mine")
        yield* read("echo written > /data/file; echo made > /new/file")
        const written = yield* Effect.promise(() => readFile(join(folder, "data/file"), "utf8"))
        assert.strictEqual(written, "written\n")
        const { stdout } = yield* run("docker", [
          "inspect",
          `${app.stack}-web-1`,
          "--format",
          '{{index .Config.Labels "com.docker.compose.project.working_dir"}}'
        ])
        assert.strictEqual(stdout.trim(), folder)
        // What runs mounts it too: it is known without the release.
        const none = yield* stack.release("2.0.0+2", web({}))
        assert.deepStrictEqual(
          (yield* runtime.folders(app, none)).data.toSorted(),
          ["data", "new", "notes.json"].map((name) => join(folder, name))
        )
        yield* runtime.undeploy(app, deadline, [join(folder, "data")])
        assert.deepStrictEqual((yield* runtime.folders(app, none)).data, [])
      })
  )

  /** Verifies: LAW-2, LAW-12 */
  folderTest(
    "deploys env files and secrets that lie elsewhere as they were when the release was deployed first",
    { "own.env": "OWN=then\n" },
    (runtime, stack, folder) =>
      Effect.gen(function* () {
        const app = inFolder(stack.app, folder)
        const elsewhere = yield* projectFolder({ "app.env": "NOTE=then\n", key: "then-key" })
        const release = yield* stack.release(
          "1.0.0+1",
          compose(
            { web: { env_file: [join(elsewhere, "app.env"), join(folder, "own.env")], secrets: ["key"] } },
            { secrets: { key: { file: join(elsewhere, "key") } } }
          )
        )
        const present = (yield* runtime.operatorFiles?.(app, release) ?? Effect.succeed(null)) ?? []
        const names = ["app.env", "key"].map((name) => `.lastgood/outside${elsewhere}/${name}`)
        assert.deepStrictEqual(present.map(({ path }) => path).toSorted(), [...names, "own.env"].toSorted())
        const copy = join(app.dir, "copy")
        yield* replaceOperatorFiles(present, copy)
        const kept = { ...release, operatorFiles: copy }
        assert.isTrue(yield* isOperatorCopyCurrent(copy, folder))
        yield* Effect.promise(async () => {
          await writeFile(join(elsewhere, "app.env"), "NOTE=now\n")
          await writeFile(join(elsewhere, "key"), "now-key")
          await writeFile(join(folder, "own.env"), "OWN=now\n")
        })
        assert.isFalse(yield* isOperatorCopyCurrent(copy, folder))
        const read = Effect.fnUntraced(function* (deployed: Release) {
          yield* runtime.deploy(app, deployed, deadline)
          return (yield* runtime.exec(app, 'echo "$NOTE $OWN $(cut -c 1-3 /run/secrets/key)"', "web")).output.trim()
        })
        assert.strictEqual(yield* read(kept), "then then the")
        assert.strictEqual(yield* read(release), "now now now")
        // A snapshot of the release has its copies, not what is there now.
        const again = (yield* runtime.operatorFiles?.(app, kept) ?? Effect.succeed(null)) ?? []
        assert.deepStrictEqual(
          again.map(({ from }) => from).toSorted(),
          [...names, "own.env"].map((name) => join(copy, name)).toSorted()
        )
      })
  )

  /** Verifies: LAW-14 */
  folderTest("asks everything at once, and names what is missing", { "conf/own": "1" }, (runtime, stack, folder) =>
    Effect.gen(function* () {
      const app = inFolder(stack.app, folder)
      const release = yield* stack.release("1.0.0+1", {
        ...compose(
          {
            web: {
              env_file: ["gone.env", "also-gone.env"],
              environment: { A: "${NEEDED:?say so}", B: "${ALSO_NEEDED:?}", C: "$WITHOUT" },
              volumes: ["/etc/app:/etc/app", "/:/host", "./conf:/conf", "./none.txt:/n:ro", "./state.json:/s"],
              networks: ["proxy", "backend"]
            }
          },
          {
            networks: { proxy: { external: true, name: "lgp-none-1" }, backend: { external: true, name: "lgp-none-2" } }
          }
        ),
        "conf/brought.txt": "a default"
      })
      const found = yield* runtime.preflight(app, release)
      const of = (kind: string) => found.filter((one) => one.kind === kind).map(({ what, next }) => `${what} | ${next}`)
      const [system = "", host = "", ...more] = of("unanswered-folder")
      assert.deepStrictEqual(more, [])
      assert.match(
        system,
        /^web can write to \/etc\/app, which belongs to the system \| .*\(.*B in \d+ files?\).*data: \{ "\/etc\/app": own \}/
      )
      assert.match(host, /^web can write to \/, which is the whole host.*\(at least .*data: \{ "\/": external \}$/)
      const missing = of("missing-file").join("\n")
      assert.include(missing, join(folder, "none.txt"))
      for (const file of ["conf/brought.txt", "gone.env", "also-gone.env"]) assert.include(missing, join(folder, file))
      assert.deepStrictEqual(
        of("missing-variable").map((text) => text.split(" is not set")[0]),
        ["the variable NEEDED", "the variable ALSO_NEEDED", "the variable WITHOUT"]
      )
      assert.deepStrictEqual(
        of("missing-network")
          .map((text) => text.split(" does not exist")[0])
          .toSorted(),
        ["the network lgp-none-1", "the network lgp-none-2"]
      )
      // Nothing stands in for them in what is deployed.
      const refused = yield* Effect.flip(runtime.deploy(app, release, deadline))
      assert.match(refused.message, /gone\.env.*also-gone\.env.*NEEDED.*ALSO_NEEDED/)
      const answered = inFolder(stack.app, folder, { conf: "own", elsewhere: "own" })
      const plain = yield* stack.release("2.0.0+2", web({ volumes: ["./conf:/conf"] }))
      assert.deepStrictEqual((yield* runtime.folders(answered, plain)).unused, [join(folder, "elsewhere")])
      const without = yield* runtime.preflight(stack.app, plain)
      assert.include(
        without.map(({ kind }) => kind),
        "relative-folder"
      )
    })
  )

  /** Verifies: LAW-13, LAW-17 */
  folderTest(
    "takes a person's folder, with data in it, and refuses one that another user could change",
    { "home/data/x": "1", "home/own.env": "A=1\n" },
    (runtime, stack, folder) =>
      Effect.gen(function* () {
        const home = join(folder, "home")
        const app = inFolder(stack.app, home)
        const release = yield* stack.release("1.0.0+1", web({ env_file: ["own.env"], volumes: ["./data:/data"] }))
        const refusal = Effect.map(Effect.flip(runtime.preflight(app, release)), ({ message }) => message)
        yield* run("chown", ["-R", "1000:1000", home])
        assert.deepStrictEqual(yield* runtime.preflight(app, release), [])
        // A service of the app may own its data, but not what is run.
        yield* run("chown", ["-R", "999:999", join(home, "data")])
        assert.deepStrictEqual(yield* runtime.preflight(app, release), [])
        yield* run("chown", ["999:999", join(home, "own.env")])
        assert.match(yield* refusal, /another user could change files of its folder: .*own\.env belongs to uid 999/)
        yield* run("chown", ["999:999", home])
        assert.match(yield* refusal, /another user could change what its folder/)
        yield* run("chown", ["1000:1000", home])
        yield* run("chmod", ["777", home])
        assert.match(yield* refusal, /another user could change what its folder/)
      })
  )
})
