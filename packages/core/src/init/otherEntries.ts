/** Stacks of a swarm and apps of abra as apps of the configuration. Pure. */
import type { AppEntry } from "./AppEntry.ts"
import type { FoundAbraApp, FoundHost, FoundStack } from "./Found.ts"
import { comment, scalar } from "./lines.ts"
import { appName } from "./projectEntry.ts"

/** The name that abra gives to the stack of a domain. */
const stackOfDomain = (domain: string): string => domain.replaceAll(".", "_").slice(0, 45)

const stackEntry = ({ name, services }: FoundStack): AppEntry => ({
  name: appName(name),
  runtime: "swarm",
  why: "Docker does not know the folder with the stack's compose file",
  about: comment(
    `The stack ${name}: ${services.map(({ image, service }) => `${service} (${image})`).join(", ")}. NOT TAKEN: Docker does not know where its compose file is. To take it, name the folder (or the git repository) that it was deployed from, and remove the #.`
  ),
  lines: [
    "recipe: /path/to/the/folder",
    "runtime: swarm",
    `stack: ${scalar(name)}`,
    "domain: app.example.org",
    "versions: digest # of a plain folder; without this line: the git tags of a repository"
  ],
  open: []
})

const abraEntry = (app: FoundAbraApp, isHere: boolean): AppEntry => {
  const { domain, recipe, server, version } = app
  return {
    name: appName(domain),
    runtime: "abra",
    why: isHere ? null : `it does not run on this host (server ${server})`,
    about: [
      ...comment(`The Co-op Cloud app ${domain} of the recipe ${recipe}, on the server ${server}.`),
      ...(isHere ? [] : comment("NOT TAKEN: it does not run on this host. Run lastgood on its server.")),
      ...(version === null ? [] : comment(`abra deployed version ${version}.`))
    ],
    lines: [`recipe: ${scalar(recipe)}`, "runtime: abra", `domain: ${scalar(domain)}`, "policy: minor"],
    open: []
  }
}

const isDomain = (domain: string): boolean => /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/.test(domain)
const isRecipeName = (recipe: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(recipe)

export const otherEntries = ({ abra, stacks }: FoundHost): ReadonlyArray<AppEntry> => {
  const apps = abra.filter(({ domain, recipe }) => isDomain(domain) && isRecipeName(recipe))
  const names = new Set(stacks.map(({ name }) => name))
  const taken = new Set(apps.map(({ domain }) => stackOfDomain(domain)))
  return [
    ...apps.map((app) => abraEntry(app, names.has(stackOfDomain(app.domain)))),
    ...stacks.filter(({ isManaged, name }) => !isManaged && !taken.has(name)).map(stackEntry)
  ]
}
