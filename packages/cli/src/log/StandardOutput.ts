/** Where the daemon's log can go, from the platform. */
import * as Context from "effect/Context"

export interface StandardOutput {
  readonly write: (text: string) => void
  /**
   * What reads the output: a person at a terminal (or nobody: `/dev/null`), systemd's journal, or another program, through
   * a pipe or a file.
   */
  readonly reader: "person" | "journal" | "program"
}

export const StandardOutput = Context.Reference<StandardOutput>("lastgood/cli/StandardOutput", {
  defaultValue: () => ({ write: () => undefined, reader: "person" })
})
