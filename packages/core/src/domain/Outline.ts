/** What a release asks of its runtime, so that two releases can be compared. LAW-12: names and hashes, never values. */

export interface ServiceOutline {
  /** `8080:80/tcp` */
  readonly ports: ReadonlyArray<string>
  /** `data:/var/lib/app:ro` */
  readonly mounts: ReadonlyArray<string>
  /** Names of environment variables, with hashes of their values. */
  readonly variables: ReadonlyMap<string, string>
  /** All other keys of the service, with hashes of their values. */
  readonly settings: ReadonlyMap<string, string>
}

/** Keys of the objects of a release. */
export interface ObjectsOutline {
  readonly volumes: ReadonlyArray<string>
  readonly networks: ReadonlyArray<string>
  readonly secrets: ReadonlyArray<string>
  readonly configs: ReadonlyArray<string>
}

export interface Outline {
  readonly services: ReadonlyMap<string, ServiceOutline>
  readonly objects: ObjectsOutline
}

export interface Moved {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
}

export interface ServiceDifference {
  readonly service: string
  readonly is: "new" | "removed" | "changed"
  readonly ports: Moved
  readonly mounts: Moved
  readonly variables: Moved & { readonly changed: ReadonlyArray<string> }
  /** Other keys that were added, removed or changed. */
  readonly settings: ReadonlyArray<string>
}

export interface OutlineDifference {
  readonly services: ReadonlyArray<ServiceDifference>
  readonly volumes: Moved
  readonly networks: Moved
  readonly secrets: Moved
  readonly configs: Moved
}

export const noOutline: ServiceOutline = { ports: [], mounts: [], variables: new Map(), settings: new Map() }

const moved = (before: Iterable<string>, after: Iterable<string>): Moved => {
  const [was, will] = [new Set(before), new Set(after)]
  return {
    added: [...will].filter((one) => !was.has(one)).toSorted(),
    removed: [...was].filter((one) => !will.has(one)).toSorted()
  }
}

const changed = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  [...after].flatMap(([name, hash]) => (before.has(name) && before.get(name) !== hash ? [name] : [])).toSorted()

const differenceOf = (
  service: string,
  before: ServiceOutline | undefined,
  after: ServiceOutline | undefined
): ServiceDifference => {
  const [was, will] = [before ?? noOutline, after ?? noOutline]
  const keys = moved(was.settings.keys(), will.settings.keys())
  return {
    service,
    is: before === undefined ? "new" : after === undefined ? "removed" : "changed",
    ports: moved(was.ports, will.ports),
    mounts: moved(was.mounts, will.mounts),
    variables: {
      ...moved(was.variables.keys(), will.variables.keys()),
      changed: changed(was.variables, will.variables)
    },
    settings: [...keys.added, ...keys.removed, ...changed(was.settings, will.settings)].toSorted()
  }
}

const isNone = ({ added, removed }: Moved): boolean => added.length === 0 && removed.length === 0

const isSame = ({ is, mounts, ports, settings, variables }: ServiceDifference): boolean =>
  is === "changed" &&
  [ports, mounts, variables].every(isNone) &&
  variables.changed.length === 0 &&
  settings.length === 0

/** null: nothing differs. */
export const outlineDifference = (before: Outline, after: Outline): OutlineDifference | null => {
  const names = [...new Set([...before.services.keys(), ...after.services.keys()])].toSorted()
  const services = names
    .map((name) => differenceOf(name, before.services.get(name), after.services.get(name)))
    .filter((one) => !isSame(one))
  const of = (kind: keyof ObjectsOutline) => moved(before.objects[kind], after.objects[kind])
  const objects = { volumes: of("volumes"), networks: of("networks"), secrets: of("secrets"), configs: of("configs") }
  return services.length === 0 && Object.values(objects).every(isNone) ? null : { services, ...objects }
}
