/**
 * Moves what keeps the images of an app's releases (`keptImages.ts`) to the new name of the app. A failure fails: without
 * it a rollback could start another image than the one that ran (LAW-2).
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App } from "../../domain/App.ts"
import type { Docker } from "./Docker.ts"
import { createHolder, keepsImageLabel, prefixOf } from "./keptImages.ts"

const Holder = Schema.Struct({ Name: Schema.String, Config: Schema.Struct({ Image: Schema.String }) })

const linesOf = (docker: Docker, args: ReadonlyArray<string>) =>
  Effect.map(docker.run(args), ({ stdout }) => stdout.split("\n").filter((line) => line !== ""))

const holdersOf = (docker: Docker, name: string) =>
  linesOf(docker, [
    ...["container", "ls", "--all", "--filter", `label=${keepsImageLabel}=${name}`],
    ...["--format", "{{.Names}}"]
  ])

export const renameKept = Effect.fn("Docker.renameKept")(function* (
  docker: Docker,
  app: App,
  from: string,
  commits: ReadonlyArray<string>
) {
  const prefixes = commits.map((commit) => [prefixOf({ name: from }, commit), prefixOf(app, commit)] as const)
  /** null: it is not of these releases. */
  const renamed = (name: string): string | null => {
    const [old, now] = prefixes.find(([prefix]) => name.startsWith(prefix)) ?? []
    return old === undefined || now === undefined ? null : now + name.slice(old.length)
  }
  /** Of an image with a tag; an image by its digest stays. */
  const imageAs = (image: string): string | null => {
    const at = image.lastIndexOf(":") + 1
    const tag = image.includes("@") ? null : renamed(image.slice(at))
    return tag === null ? null : image.slice(0, at) + tag
  }
  const images = yield* linesOf(docker, ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
  const tagged = images.filter((image) => imageAs(image) !== null)
  for (const image of tagged) yield* docker.run(["image", "tag", image, imageAs(image) ?? image])
  const names = (yield* holdersOf(docker, from)).filter((name) => renamed(name) !== null)
  const known = yield* holdersOf(docker, app.name)
  for (const { Config, Name } of yield* docker.inspect("container", names, Holder)) {
    const name = renamed(Name.slice(1))
    if (name === null || known.includes(name)) continue
    yield* createHolder(docker, app, imageAs(Config.Image) ?? Config.Image, name)
  }
  for (const name of names) yield* docker.run(["container", "rm", name])
  for (const image of tagged) yield* docker.run(["image", "rm", image])
})
