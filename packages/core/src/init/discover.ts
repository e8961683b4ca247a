/** Looks at the engine and at abra's folder for apps. Changes nothing. */
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readSmallText } from "../disk/readSmallFile.ts"
import { homeFolder, variable } from "../process/variable.ts"
import { recipeIn, versionIn } from "../runtime/abra/appFile.ts"
import { abraFolder } from "../runtime/abraFolder.ts"
import { allContainers } from "../runtime/docker/containers.ts"
import type { Docker } from "../runtime/docker/Docker.ts"
import { versionLabel } from "../runtime/docker/labels.ts"
import { namespaceLabel, Service } from "../runtime/docker/stack/Services.ts"
import { watchtowersIn } from "../runtime/docker/watchtowers.ts"
import { looseIn, projectsIn } from "./containers.ts"
import type { FoundAbraApp, FoundHost, FoundStack } from "./Found.ts"

const Info = Schema.Struct({
  Swarm: Schema.optionalKey(Schema.Struct({ ControlAvailable: Schema.optionalKey(Schema.Boolean) }))
})

const stacksOf = Effect.fnUntraced(function* (docker: Docker) {
  const { Swarm } = yield* docker.info(Info)
  if (Swarm?.ControlAvailable !== true) return []
  const services = (yield* docker.all("service", Service)).filter(
    ({ Spec }) => Spec.Labels?.[namespaceLabel] !== undefined
  )
  const of = Map.groupBy(services, ({ Spec }) => Spec.Labels?.[namespaceLabel] ?? "")
  return [...of]
    .map(
      ([name, own]): FoundStack => ({
        name,
        services: own
          .map(({ Spec }) => ({
            service: Spec.Name.replace(`${name}_`, ""),
            image: (Spec.TaskTemplate.ContainerSpec?.Image ?? "").replace(/@.*$/, "")
          }))
          .toSorted((a, b) => a.service.localeCompare(b.service)),
        isManaged: own.some(({ Spec }) => Spec.Labels?.[versionLabel] !== undefined)
      })
    )
    .toSorted((a, b) => a.name.localeCompare(b.name))
})

/** Names in a folder that may not be there. */
const namesIn = (folder: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(() => readdir(folder).catch(() => [])).pipe(Effect.map((names) => names.toSorted()))

/** The apps of abra's own folder, of any server. */
const abraAppsIn = Effect.fn("Init.abra")(function* (folder: string) {
  const servers = join(folder, "servers")
  const found: Array<FoundAbraApp> = []
  for (const server of yield* namesIn(servers)) {
    for (const file of yield* namesIn(join(servers, server))) {
      const text = file.endsWith(".env")
        ? yield* Effect.orElseSucceed(readSmallText(join(servers, server, file)), () => "")
        : ""
      const recipe = recipeIn(text)
      if (recipe !== null) found.push({ domain: file.slice(0, -4), server, recipe, version: versionIn(text) })
    }
  }
  return found
})

const abraFolderHere = Effect.gen(function* () {
  return abraFolder(yield* variable("ABRA_DIR"), yield* homeFolder)
})

/** What runs, or ran, on this host. */
export const discover = Effect.fn("Init.discover")(function* (docker: Docker) {
  const containers = yield* allContainers(docker)
  const host: FoundHost = {
    projects: projectsIn(containers),
    stacks: yield* stacksOf(docker),
    abra: yield* abraAppsIn(yield* abraFolderHere),
    watchtowers: watchtowersIn(containers),
    loose: looseIn(containers)
  }
  return host
})
