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

/**
 * A cluster with pgbench's tables at a scale (100 is about 1.5 GB), shut down cleanly. The server refuses to run as root,
 * so it runs as `postgres`.
 */
export const postgresFolder = async (folder: string, programs: string, scale: number): Promise<void> => {
  const as = (command: string, ...args: ReadonlyArray<string>) =>
    execa(
      "setpriv",
      ["--reuid=postgres", "--regid=postgres", "--clear-groups", path.join(programs, command), ...args],
      {
        cwd: "/",
        env: { LC_ALL: "C" },
        stdio: "ignore"
      }
    )
  const sockets = `${folder}.sockets`
  for (const made of [folder, sockets]) {
    await mkdir(made, { recursive: true })
    await execa("chown", ["postgres:postgres", made])
  }
  await as("initdb", "-D", folder, "-A", "trust", "--no-sync")
  const settings = `-c listen_addresses='' -c unix_socket_directories=${sockets} -c fsync=off -c max_wal_size=4GB`
  await as("pg_ctl", "-D", folder, "-o", settings, "-w", "start")
  try {
    await as("createdb", "-h", sockets, "bench")
    await as("pgbench", "-h", sockets, "-i", "-q", "-s", String(scale), "bench")
  } finally {
    await as("pg_ctl", "-D", folder, "-w", "stop")
  }
}
