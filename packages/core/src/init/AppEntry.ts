/** What is known about a found app before it is written down. */
import type { Examined } from "../examine.ts"
import type { ProbedPort } from "./checks.ts"
import type { FoundProject } from "./Found.ts"
import type { FollowedImage } from "./follow.ts"

/** Something that has to be done first, with the remedy. */
export interface Obstacle {
  readonly what: string
  readonly next: string
}

export interface ProjectFacts {
  readonly project: FoundProject
  /** The folder of the compose files. */
  readonly recipe: string
  /** The recipe is a git repository: its newest tag that is a version, and the tag that is checked out. */
  readonly tags: { readonly newest: string; readonly here: string | null } | null
  /** The compose files, if docker compose does not find them by itself. Relative to the recipe. */
  readonly files: ReadonlyArray<string>
  /** Profiles of services that run, which no env file names. */
  readonly profiles: ReadonlyArray<string>
  readonly images: ReadonlyArray<FollowedImage>
  readonly data: Examined["data"]
  readonly questions: Examined["questions"]
  /** What prevents that it is taken at all. */
  readonly obstacles: ReadonlyArray<Obstacle>
  /** What lastgood would refuse until it is repaired. */
  readonly hazards: ReadonlyArray<Obstacle>
  readonly ports: ReadonlyArray<ProbedPort>
  /** A port that it publishes, for an example; null: it publishes none. */
  readonly published: number | null
}

/** An app, or something that is not taken, as it is written to the file. */
export interface AppEntry {
  readonly name: string
  readonly runtime: "compose" | "swarm" | "abra"
  /** null: in force. Otherwise the reason why its lines are comments. */
  readonly why: string | null
  /** Comments above it. */
  readonly about: ReadonlyArray<string>
  /** Its keys. */
  readonly lines: ReadonlyArray<string>
  /** What only the operator knows. */
  readonly open: ReadonlyArray<string>
}
