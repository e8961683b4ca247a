/** `versions:` of an app: the source of its versions. */
import * as Schema from "effect/Schema"
import type { RuntimeKind } from "../domain/RuntimeKind.ts"
import { fromTags, type ImageRule, type VersionsFrom } from "../domain/VersionsFrom.ts"
import { parseReference } from "../version/registry/Reference.ts"
import { line, text } from "../yaml/text.ts"

const service = text({
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/u,
  expected: "a service's name, as in the compose file",
  description: "The service whose image it is, as in the compose file. Not needed where there is only one."
})

const name = line({
  expected: "an image without a tag, such as `ghcr.io/acme/app`",
  description: "The image in place of the one that the compose file names."
})

const tag = (description: string) =>
  text({ pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/u, expected: "a tag, such as `latest`", description })

const ImageEntry = Schema.Struct({
  service: Schema.optionalKey(service),
  name: Schema.optionalKey(name),
  tags: Schema.optionalKey(
    text({
      pattern: /^[A-Za-z0-9_.*?-]{1,128}$/u,
      expected: "`semver`, or a pattern such as `16.*-alpine`",
      description:
        "`semver`: tags that are numbered like the one in the compose file, by number. Otherwise a pattern (`*`, `?`): the tags that match, by when the image was made.",
      examples: ["semver", "16.*-alpine"]
    })
  )
}).annotate({ expected: "`service:`, `name:` and `tags:` of an image" })

const DigestEntry = Schema.Struct({
  service: Schema.optionalKey(service),
  name: Schema.optionalKey(name),
  tag: Schema.optionalKey(tag("The tag that is followed; default: the one in the compose file."))
}).annotate({ expected: "`service:`, `name:` and `tag:` of an image" })

const entries = <S extends Schema.Constraint>(entry: S, expected: string, description: string) =>
  Schema.Union([entry, Schema.Array(entry)]).annotate({ expected, description })

const Sources = Schema.Struct({
  branch: Schema.optionalKey(
    line({
      expected: "the name of a branch, such as `main`",
      description: "Each commit of the branch that touches the recipe's folder is a version."
    })
  ),
  image: Schema.optionalKey(
    entries(
      ImageEntry,
      "an image (`{ service: web, tags: semver }`), or a list of them",
      "Follows the tags of an image."
    )
  ),
  digest: Schema.optionalKey(
    Schema.Union([tag("The tag that is followed."), DigestEntry, Schema.Array(DigestEntry)]).annotate({
      expected: "a tag (`latest`), an image (`{ service: web, tag: latest }`), or a list of images",
      description: "Follows what a tag that moves is at the time."
    })
  ),
  fixed: Schema.optionalKey(
    Schema.Array(service).annotate({
      expected: "a list of services, such as `[db]`",
      description: "Services whose image stays as the compose file has it."
    })
  )
}).annotate({ expected: "keys such as `branch:`, `image:` or `digest:`" })

export const VersionsFile = Schema.Union([Schema.Literals(["tags", "digest"]), Sources]).annotate({
  expected: "`tags`, `digest`, or one of `branch:`, `image:`, `digest:`",
  description: "Where the app's versions come from.",
  default: "tags"
})
export type VersionsFile = typeof VersionsFile.Type
type Sources = typeof Sources.Type

const listed = <A>(given: A | ReadonlyArray<A> | undefined): ReadonlyArray<A> =>
  given === undefined ? [] : Array.isArray(given) ? given : [given as A]

const digestEntries = ({ digest }: Sources): ReadonlyArray<typeof DigestEntry.Type> =>
  typeof digest === "string" ? [{ tag: digest }] : listed(digest)

const rulesOf = (said: Sources): ReadonlyArray<ImageRule> => [
  ...listed(said.image).map(
    ({ name = null, service = null, tags = "semver" }): ImageRule => ({
      service,
      name,
      following: tags === "semver" ? { by: "semver" } : { by: "glob", glob: tags }
    })
  ),
  ...digestEntries(said).map(
    ({ name = null, service = null, tag = null }): ImageRule => ({
      service,
      name,
      following: { by: "digest", tag }
    })
  )
]

export const toVersionsFrom = (said: VersionsFile | undefined): VersionsFrom => {
  if (said === undefined || said === "tags") return fromTags
  if (said === "digest") return { kind: "images", rules: [], fixed: [] }
  if (said.branch !== undefined) return { kind: "branch", branch: said.branch }
  return { kind: "images", rules: rulesOf(said), fixed: said.fixed ?? [] }
}

/** Contradictions between its keys. */
export const versionsProblems = (
  said: VersionsFile | undefined,
  runtime: RuntimeKind
): ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly issue: string }> => {
  const from = toVersionsFrom(said)
  const problems: Array<{ readonly path: ReadonlyArray<PropertyKey>; readonly issue: string }> = []
  const say = (path: ReadonlyArray<PropertyKey>, issue: string) => problems.push({ path: ["versions", ...path], issue })
  if (from.kind === "images" && runtime !== "swarm" && runtime !== "compose") {
    say([], `images are for swarm and compose; a recipe of ${runtime} has tags, or a branch`)
  }
  if (said === undefined || typeof said === "string") return problems
  const keys = Object.keys(said)
  if (keys.length === 0) say([], "it is empty; write `branch:`, `image:` or `digest:`, or leave it out for tags")
  if (said.branch !== undefined && keys.length > 1) {
    say(["branch"], `a branch says the images too; leave out ${keys.filter((key) => key !== "branch").join(", ")}`)
  }
  const { branch } = said
  if (branch !== undefined && !/^(?!-)(?!.*(?:\.\.|@\{|\/\/))[A-Za-z0-9._/@+-]{1,200}(?<![/.])$/.test(branch)) {
    say(["branch"], "it is not the name of a branch")
  }
  const rules = rulesOf(said)
  const nameless = rules.find(({ service }) => service === null)
  if (nameless !== undefined && rules.length > 1) {
    say([], "there is more than one image: say of each which `service:` it is")
  }
  for (const [i, rule] of rules.entries()) {
    const { name, service } = rule
    if (service !== null && rules.findIndex((other) => other.service === service) < i) {
      say([], `the service \`${service}\` is followed twice; keep one`)
    }
    if (service !== null && said.fixed?.includes(service) === true) {
      say(["fixed"], `the service \`${service}\` is followed as well; keep one`)
    }
    const reference = name === null ? null : parseReference(name)
    if (name !== null && (reference === null || reference.tag !== null || reference.digest !== null)) {
      say([], `\`${name.slice(0, 80)}\` is not an image without a tag, such as \`ghcr.io/acme/app\``)
    }
  }
  return problems
}
