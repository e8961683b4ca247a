/**
 * Runs on a machine (machine.ts): a history of upgrades, failures and ways back, while the disk below is copied at random
 * moments. Prints what was known when each copy was begun.
 */
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { progressOf, runToEnd } from "../soak/cycle.ts"
import type { Good } from "../soak/outside/checks.ts"
import { dataOf, readLog } from "../soak/outside/log.ts"
import { seeded } from "../soak/outside/random.ts"
import { after, type Running, sleep, worldAt } from "../soak/outside/world.ts"
import { tagNext } from "../soak/scenarios.ts"
import type { Image } from "./image.ts"
import { copyDisk } from "./machine.ts"

const [home = "", argument = "{}"] = process.argv.slice(2)
const { disk, images, port, seed, copies, engine, filesystem, options, prefix } = JSON.parse(argument)
const random = seeded(seed)
const world = worldAt({ home, port, engine })
const taken: Array<Image> = []

type Way = "upgrade" | "harms" | "exits" | "rollback" | "restore" | "snapshot"
const ways: readonly [Way, ...Array<Way>] = ["upgrade", "harms", "upgrade", "rollback", "harms", "snapshot", "restore"]

const walStamp = (): string => {
  const stat = statSync(`${world.log}-wal`, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? "" : `${stat.size}/${stat.mtimeNs}`
}

/** Whether the archive of the newest snapshot is still to be made. */
const isMirror = (): boolean => {
  try {
    return JSON.parse(readFileSync(join(world.appDir, "snapshot/meta.json"), "utf8")).format === 2
  } catch {
    return false
  }
}

/** Copies about as often as asked, most of them right after a write to the log: something has just begun or ended. */
const copyDuring = async (running: Running, wanted: number, about: Omit<Image, "file" | "seen" | "during">) => {
  let [ended, made, stamp] = [false, 0, walStamp()]
  void running.ended.then(() => {
    ended = true
  })
  while (!ended) {
    // A little late is as good as any moment: a third of the copies do not wait for the log.
    if (random.chance(0.66)) {
      for (let waited = 0; !ended && walStamp() === stamp && waited < 800; waited += 3) await sleep(3)
    }
    stamp = walStamp()
    await sleep(random.pick([0, random.int(0, 15), random.int(0, 60), random.int(0, 250)]))
    if (ended || made >= wanted || random.chance(0.6)) continue
    const rows = readLog(world.log)
    const last = rows.at(-1)
    // Before the first event and after the last there is little to break.
    const idle = progressOf(rows.slice(about.from)) !== "in flight"
    if (idle && random.chance(0.9)) continue
    const file = join(images, `${prefix}-${String(taken.length + 1).padStart(3, "0")}.img`)
    copyDisk(disk, file)
    made += 1
    const step = last === undefined ? "" : `${last.type} ${dataOf(last)["step"] ?? ""}`.trim()
    const during = isMirror() ? `${step} (the snapshot is a mirror)` : step
    const seen = last === undefined ? null : { position: last.position, hash: last.hash }
    taken.push({ ...about, file, seen, during })
  }
}

chmodSync(world.root, 0o700)
if (!existsSync(world.at("recipe"))) world.lay("manual")
let serial = 0
const first = tagNext(world, serial, random, {})
const succeed = async (...command: ReadonlyArray<string>): Promise<void> => {
  const { code, said } = await runToEnd(world, command)
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${said}`)
}
await succeed("deploy", "demo")
const firstRows = { schema: first.behaviour.schema, rows: [first.behaviour.writes], blobs: {} }
let now: Good = { version: first.version, data: firstRows }
// Of a file of this size, a mirror copies only the blocks that changed.
if (engine === "mirror")
  now = { ...now, data: { ...firstRows, blobs: { "blob-2": world.addBlob("blob-2", 6_000_000) } } }
const snapshots = new Map<string, Good>()
const noteSnapshots = (from: number, known: ReadonlyMap<string, Good["data"]>): void => {
  for (const one of readLog(world.log).slice(from)) {
    const { snapshot, version } = dataOf(one)
    const data = known.get(String(version))
    if (one.type === "SnapshotTaken" && data !== undefined)
      snapshots.set(String(snapshot), { version: String(version), data })
    if (one.type === "SnapshotPruned") snapshots.delete(String(snapshot))
  }
}
if (engine === "btrfs") {
  // A restore makes the folder of the volume a subvolume.
  world.configure("manual", "60s")
  const from = readLog(world.log).length
  await succeed("promote", "demo", "--at-teardown")
  await succeed("restore", "demo")
  noteSnapshots(from, new Map([[now.version, now.data]]))
}

while (taken.length < copies) {
  serial += 1
  const row = `row ${serial}`
  await world.addRow(row)
  const blobs = { ...now.data.blobs, "blob-1": world.addBlob("blob-1", random.int(1000, 3_000_000)) }
  now = { ...now, data: { ...now.data, rows: [...now.data.rows, row], blobs } }
  const earlier = [...snapshots.values()].reverse()
  const wish = ways[(serial - 1) % ways.length] ?? "upgrade"
  const aim = wish === "rollback" ? earlier.find(({ version }) => version !== now.version) : earlier[0]
  const way: Way = (wish === "rollback" || wish === "restore") && aim === undefined ? "upgrade" : wish
  const known = new Map([[now.version, now.data]])
  let [command, end] = [[way, "demo"], aim ?? now]
  if (way === "snapshot") end = now
  if (way === "upgrade" || way === "harms") {
    const { version, behaviour } = tagNext(world, serial, random, way === "harms" ? { health: 500 } : {})
    const data = after(now.data, behaviour)
    known.set(version, data)
    command = ["upgrade", "demo", "--to", version]
    end = way === "harms" ? now : { version, data }
  }
  const from = readLog(world.log).length
  const deadline = way === "harms" ? "10s" : "60s"
  world.configure("manual", deadline)
  const about = {
    filesystem,
    options,
    engine,
    port,
    deadline,
    from,
    before: now,
    end,
    known: [...known],
    snapshots: [...snapshots]
  }
  const running = world.start(...command)
  await copyDuring(running, copies - taken.length, about)
  const { code, said } = await running.ended
  if (code !== (way === "harms" ? 3 : 0)) throw new Error(`${command.join(" ")} ended with ${code}: ${said}`)
  now = end
  noteSnapshots(from, known)
}
process.stdout.write(JSON.stringify(taken))
