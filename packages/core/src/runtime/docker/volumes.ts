/** Named volumes of the engine. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Volume } from "../../domain/App.ts"
import type { Call, Docker } from "./Docker.ts"

const Strings = Schema.Record(Schema.String, Schema.String)

/** A volume as `docker volume inspect` shows it. */
export const EngineVolume = Schema.Struct({
  Name: Schema.String,
  Driver: Schema.String,
  Mountpoint: Schema.String,
  Options: Schema.NullOr(Strings),
  Labels: Schema.NullOr(Strings)
})
export type EngineVolume = typeof EngineVolume.Type

/** Every volume that the engine knows. */
export const allVolumes = Effect.fn("volumes.all")(function* (docker: Docker, call: Call) {
  const names = yield* docker.lines(call, ["volume", "ls", "--quiet"])
  return yield* docker.inspect(call, "volume", names, EngineVolume)
})

/** Docker gives a volume without a name 64 hexadecimal digits, and removes it with its container. */
export const isAnonymous = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)

/** The folder that a `local` volume with `o: bind` stands for; it is empty under its own mount point while unused. */
export const boundFolder = ({ Driver, Options }: EngineVolume): string | null => {
  const device = Options?.["device"]
  const mountOptions = (Options?.["o"] ?? "").split(",")
  const isBind = mountOptions.includes("bind") || mountOptions.includes("rbind")
  return Driver === "local" && device?.startsWith("/") && isBind ? device : null
}

/** Whether the data lies in a folder of this host, also while nothing has the volume mounted. */
export const isOnThisDisk = (volume: EngineVolume): boolean =>
  volume.Driver === "local" && (volume.Options?.["device"] === undefined || boundFolder(volume) !== null)

/** As the port describes a volume; `key` is its name without `prefix`. */
export const toVolume = (volume: EngineVolume, prefix: string): Volume => ({
  name: volume.Name,
  key: volume.Name.startsWith(prefix) ? volume.Name.slice(prefix.length) : volume.Name,
  path: boundFolder(volume) ?? volume.Mountpoint,
  driver: volume.Driver,
  options: volume.Options ?? {},
  labels: volume.Labels ?? {}
})

/** Makes a volume as it was. There already: what is there is returned. */
export const createVolume = Effect.fn("volumes.create")(function* (
  docker: Docker,
  call: Call,
  { name, driver, options, labels }: Omit<Volume, "path">
) {
  const pairs = (flag: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`])
  const args = ["--driver", driver, ...pairs("--opt", options), ...pairs("--label", labels), "--", name]
  yield* docker.run(call, ["volume", "create", ...args])
  return yield* docker.inspect(call, "volume", [name], EngineVolume)
})
