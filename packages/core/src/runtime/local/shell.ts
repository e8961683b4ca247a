/**
 * What a shell is given to run a command as it would be typed: first it closes what whoever started lastgood left open
 * (cron's `flock -n 9` does, and the app would hold that lock for ever), then it becomes the command. The command is an
 * argument: this text is never put together from data.
 */
const script = 'exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; exec sh -c "$1"'

/** Arguments of `sh` that run a command. */
export const shellArguments = (command: string): ReadonlyArray<string> => ["-c", script, "sh", command]
