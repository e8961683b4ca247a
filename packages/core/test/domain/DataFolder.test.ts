import { assert, describe, it } from "@effect/vitest"
import {
  answerLine,
  type HostMount,
  type HostSource,
  judgeMounts,
  type Surroundings,
  whyNoData,
  writtenPath
} from "../../src/domain/DataFolder.ts"

const at = (path: string, device = "8:1"): HostSource => ({ path, place: { device, path } })

const mount = (path: string, more: Partial<HostMount> = {}): HostMount => ({
  ...at(path),
  service: "web",
  source: path,
  kind: "folder",
  readOnly: false,
  isFilesystemRoot: false,
  ...more
})

const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  answers: [],
  foreign: [],
  volumes: [],
  homes: ["/root", "/home/ada"],
  machinery: [
    { ...at("/var/lib/docker"), whose: "the engine" },
    { ...at("/var/lib/lastgood"), whose: "lastgood" }
  ],
  ...more
})

/** `data`, `file`, `external`, `nothing`, or what is asked. */
const one = (one: HostMount, more: Partial<Surroundings> = {}): string => {
  const { data, external, questions } = judgeMounts([one], around(more))
  const [folder] = data
  const [question] = questions
  if (question !== undefined) return question.reasons.join("; ")
  if (folder !== undefined) return folder.kind === "file" ? "file" : "data"
  return external.length > 0 ? "external" : "nothing"
}

const other = (path: string, more: Partial<Surroundings["foreign"][number]> = {}) => ({
  foreign: [{ ...at(path), who: "container blog (running)", readOnly: false, ...more }]
})
const answered = (path: string, answer: "own" | "external") => ({ answers: [{ ...at(path), answer }] })

const table: ReadonlyArray<readonly [what: string, seen: string, expected: string]> = [
  ["a folder", one(mount("/srv/ghost/content")), "data"],
  ["a folder that is not there yet", one(mount("/srv/ghost/new", { kind: "nothing" })), "data"],
  ["a folder in somebody's home", one(mount("/home/ada/ghost/content")), "data"],
  ["a single file", one(mount("/srv/ghost/config.json", { kind: "file" })), "file"],
  ["a read-only folder", one(mount("/srv/ghost/theme", { readOnly: true })), "nothing"],
  ["the engine's socket", one(mount("/run/docker.sock", { kind: "special" })), "nothing"],
  ["a device", one(mount("/dev/dri", { kind: "special" })), "nothing"],
  ["/proc", one(mount("/proc")), "nothing"],
  ["what is in /sys", one(mount("/sys/fs/cgroup")), "nothing"],
  ["what goes with a reboot", one(mount("/run/dbus")), "nothing"],
  ["the time zone", one(mount("/usr/share/zoneinfo/UTC", { source: "/etc/localtime", kind: "file" })), "nothing"],
  [
    "the whole host",
    one(mount("/", { isFilesystemRoot: true })),
    "is the whole host; holds /var/lib/docker, which is the engine's own; holds /var/lib/lastgood, which is lastgood's own"
  ],
  ["the system's", one(mount("/etc/letsencrypt")), "belongs to the system"],
  ["the temporary folder", one(mount("/tmp")), "is a folder that many programs share"],
  ["a home", one(mount("/home/ada")), "is a home folder"],
  ["root's home", one(mount("/root")), "is a home folder"],
  ["a parent of many", one(mount("/srv")), "is a folder that many programs share"],
  ["the root of a filesystem", one(mount("/mnt/disk", { isFilesystemRoot: true })), "is the root of a filesystem"],
  ["the same, answered", one(mount("/mnt/disk", { isFilesystemRoot: true }), answered("/mnt/disk", "own")), "data"],
  ["the engine's folder", one(mount("/var/lib/docker/volumes")), "belongs to the engine"],
  [
    "the engine's folder, mounted at another path",
    one(mount("/mnt/disk/docker", { place: at("/var/lib/docker").place })),
    "belongs to the engine"
  ],
  [
    "the engine's folder, whatever is answered",
    one(mount("/var/lib/docker"), answered("/var/lib/docker", "own")),
    "belongs to the engine"
  ],
  ["the engine's folder, external", one(mount("/var/lib/docker"), answered("/var/lib/docker", "external")), "external"],
  [
    "around lastgood's",
    one(mount("/var/lib", {}), answered("/var/lib", "own")),
    "holds /var/lib/docker, which is the engine's own; holds /var/lib/lastgood, which is lastgood's own"
  ],
  ["shared", one(mount("/srv/media"), other("/srv/media")), "is mounted by container blog (running) too"],
  [
    "shared, to be read",
    one(mount("/srv/media"), other("/srv/media", { readOnly: true })),
    "is mounted by container blog (running) too"
  ],
  [
    "around a foreign one",
    one(mount("/srv/media"), other("/srv/media/films")),
    "holds /srv/media/films, which container blog (running) mounts"
  ],
  [
    "in a foreign one",
    one(mount("/srv/media/films"), other("/srv/media")),
    "is in /srv/media, which container blog (running) mounts"
  ],
  ["in what a backup reads", one(mount("/srv/media/films"), other("/", { readOnly: true })), "data"],
  ["beside a foreign one", one(mount("/srv/media"), other("/srv/media2")), "data"],
  [
    "shared under another name",
    one(mount("/srv/media"), other("/mnt/m", { place: { device: "8:1", path: "/srv/media" } })),
    "is mounted by container blog (running) too"
  ],
  [
    "the same path of another filesystem",
    one(mount("/srv/media"), other("/x", { place: { device: "8:2", path: "/srv/media" } })),
    "data"
  ],
  [
    "shared, external",
    one(mount("/srv/media"), { ...other("/srv/media"), ...answered("/srv/media", "external") }),
    "external"
  ],
  ["shared, own", one(mount("/srv/media"), { ...other("/srv/media"), ...answered("/srv/media", "own") }), "data"],
  ["answered by a folder around it", one(mount("/srv/media/films"), answered("/srv/media", "external")), "external"],
  [
    "a file of an own volume",
    one(mount("/v/data/sub"), { volumes: [{ ...at("/v/data"), name: "shop_data" }] }),
    "nothing"
  ],
  [
    "around an own volume",
    one(mount("/v"), { volumes: [{ ...at("/v/data"), name: "shop_data" }] }),
    "holds /v/data, the volume shop_data"
  ]
]

/** Verifies: LAW-14 */
describe("Mounts of the host", () => {
  for (const [what, seen, expected] of table) it(`${what}: ${expected}`, () => assert.strictEqual(seen, expected))

  it("are one data folder where one lies in the other, whoever mounts them", () => {
    const mounts = [mount("/srv/app/data/db", { service: "db" }), mount("/srv/app/data"), mount("/srv/app/other")]
    assert.deepStrictEqual(judgeMounts(mounts, around()).data, [
      { path: "/srv/app/data", kind: "folder", services: ["web"] },
      { path: "/srv/app/other", kind: "folder", services: ["web"] }
    ])
  })

  it("are one data folder where two services mount it, under two names", () => {
    const mounts = [mount("/srv/a"), mount("/mnt/a", { service: "db", place: { device: "8:1", path: "/srv/a" } })]
    assert.deepStrictEqual(judgeMounts(mounts, around()).data, [
      { path: "/srv/a", kind: "folder", services: ["web", "db"] }
    ])
  })

  it("the nearest answer counts", () => {
    const answers = [
      { ...at("/srv"), answer: "external" as const },
      { ...at("/srv/app"), answer: "own" as const }
    ]
    const { data, external } = judgeMounts([mount("/srv/app/x"), mount("/srv/y")], around({ answers }))
    assert.deepStrictEqual([data.map(({ path }) => path), external], [["/srv/app/x"], ["/srv/y"]])
  })

  it("an answer about a path that nothing mounts is unused, not one about a folder around it or inside it", () => {
    const answers = ["/srv", "/srv/app/x/deep", "/srv/other"].map((path) => ({ ...at(path), answer: "own" as const }))
    const { unused } = judgeMounts([mount("/srv/app/x")], around({ answers }))
    assert.deepStrictEqual(unused, ["/srv/other"])
  })

  it("a data folder that holds an external one cannot be put back by itself", () => {
    const { questions } = judgeMounts(
      [mount("/srv/app"), mount("/srv/app/media")],
      around(answered("/srv/app/media", "external"))
    )
    assert.deepStrictEqual(
      questions.map(({ path, reasons }) => [path, reasons]),
      [["/srv/app", ["holds /srv/app/media, which is external"]]]
    )
  })

  it("all questions come at once, each with the line that answers it", () => {
    const mounts = [mount("/etc/app"), mount("/srv/ghost/content", { service: "db" })]
    const { questions } = judgeMounts(mounts, around(other("/srv/ghost/content")))
    assert.deepStrictEqual(
      questions.map((question) => [question.services, answerLine(question, "/srv/ghost")]),
      [
        [["web"], 'data: { "/etc/app": own }, or data: { "/etc/app": external }'],
        [["db"], 'data: { "./content": own }, or data: { "./content": external }']
      ]
    )
    assert.strictEqual(writtenPath("/srv/ghost", "/srv/ghost"), "/srv/ghost")
    assert.strictEqual(writtenPath("/srv/ghost2", "/srv/ghost"), "/srv/ghost2")
  })
})

describe("Mounts that are not data", () => {
  it("is told with the reason", () => {
    assert.strictEqual(whyNoData(mount("/var/run/docker.sock", { kind: "special" })), "is a socket, a device or a pipe")
    assert.strictEqual(whyNoData(mount("/etc/localtime", { kind: "file", readOnly: true })), "belongs to the host")
    assert.strictEqual(whyNoData(mount("/srv/conf", { readOnly: true })), "is mounted read-only")
    assert.isNull(whyNoData(mount("/srv/data")))
  })
})
