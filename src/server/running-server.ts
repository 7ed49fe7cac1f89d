/** What starting a server gives: the face that the command line and the end-to-end tests see. */

export interface RunningServer {
  /** Address that answers, such as `http://127.0.0.1:4880`. */
  readonly url: string;
  /** Absolute path of the data directory. */
  readonly dataDirectory: string;
  /** Where there is one: rejects when the server cannot go on, and never resolves. */
  readonly failed?: Promise<never>;
  /** Takes no more requests, makes safe what is under way, stops everything, gives up the data directory. */
  close(): Promise<void>;
}
