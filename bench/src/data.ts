/** The data to snapshot: a folder of many small files, and a real PostgreSQL data folder. */
import { mkdir, readdir, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { execa } from "execa"

/** Writes `count` files of 1 to 16 KiB, 500 per folder, with the same sizes in every run. */
export const smallFiles = async (folder: string, count: number): Promise<void> => {
  const bytes = Buffer.alloc(16 * 1024, "lastgood ")
  for (let i = 0; i < count; i += 500) {
    const sub = path.join(folder, `d${i / 500}`)
    await mkdir(sub, { recursive: true })
    await Promise.all(
      Array.from({ length: Math.min(500, count - i) }, (_, j) =>
        writeFile(path.join(sub, `f${j}`), bytes.subarray(0, 1024 + (((i + j) * 7919) % (15 * 1024))))
      )
    )
  }
}

/** Folder of PostgreSQL's server programs; null: not installed. */
export const postgresPrograms = async (): Promise<string | null> => {
  const versions = await readdir("/usr/lib/postgresql").catch(() => [])
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0]
  return newest === undefined ? null : path.join("/usr/lib/postgresql", newest, "bin")
}

/** A cluster of PostgreSQL. The server refuses to run as root, so it runs as `postgres`. */
export class Postgres {
  readonly folder: string
  private readonly programs: string
  private readonly sockets: string

  constructor(folder: string, programs: string) {
    this.folder = folder
    this.programs = programs
    this.sockets = `${folder}.sockets`
  }

  private as(command: string, ...args: ReadonlyArray<string>) {
    const identity = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return execa("setpriv", [...identity, path.join(this.programs, command), ...args], {
      cwd: "/",
      env: { LC_ALL: "C" },
      stdio: "ignore"
    })
  }

  /** pgbench's tables at a scale (100 is about 1.5 GB). The server is stopped afterwards. */
  async make(scale: number): Promise<void> {
    for (const made of [this.folder, this.sockets]) {
      await mkdir(made, { recursive: true })
      await execa("chown", ["postgres:postgres", made])
    }
    await this.as("initdb", "-D", this.folder, "-A", "trust", "--no-sync")
    await this.during("-c fsync=off -c max_wal_size=4GB", async () => {
      await this.as("createdb", "-h", this.sockets, "bench")
      await this.as("pgbench", "-h", this.sockets, "-i", "-q", "-s", String(scale), "bench")
    })
  }

  /** Runs transactions, and stops the server after them. */
  load(perSecond: number, seconds: number, meanwhile: () => Promise<void>): Promise<void> {
    return this.during("", async () => {
      const often = ["-n", "-c", "4", "-R", String(perSecond), "-T", String(seconds)]
      await Promise.all([this.as("pgbench", "-h", this.sockets, ...often, "bench"), meanwhile()])
    })
  }

  private async during(settings: string, act: () => Promise<void>): Promise<void> {
    const where = `-c listen_addresses='' -c unix_socket_directories=${this.sockets}`
    await this.as("pg_ctl", "-D", this.folder, "-o", `${where} ${settings}`, "-w", "start")
    try {
      await act()
    } finally {
      await this.as("pg_ctl", "-D", this.folder, "-w", "stop")
    }
  }
}

/** @param scale of pgbench. */
export const postgresFolder = (folder: string, programs: string, scale: number): Promise<void> =>
  new Postgres(folder, programs).make(scale)
