// Inputs that once broke something, tried before any other. A failing run prints the line to add here.

export interface Regression {
  readonly target: string;
  /** base64. */
  readonly input: string;
}

export const REGRESSIONS: readonly Regression[] = [
  // {"partialSuccess":{"rejectedLogRecords":"0.53","errorMessage":"why"}}: half a record was counted as rejected.
  {
    target: 'answers',
    input: 'eyJwYXJ0aWFsU3VjY2VzcyI6eyJyZWplY3RlZExvZ1JlY29yZHMiOiIwLjUzIiwiZXJyb3JNZXNzYWdlIjoid2h5In19',
  },
  // An open call, the client's GOAWAY, then DATA for stream 0: Node kept the connection for ever.
  {
    target: 'http2',
    input:
      'UFJJICogSFRUUC8yLjANCg0KU00NCg0KAAAABAAAAAAAAABTAQQAAAABAAc6bWV0aG9kBFBPU1QABzpzY2hlbWUEaHR0cAAFOnBhdGgCL2EACjphdXRob3JpdHkBYQAMY29udGVudC10eXBlEGFwcGxpY2F0aW9uL2dycGMAAAgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==',
  },
  // A load average of 400 digits was said to be infinite.
  {
    target: 'proc-files',
    input:
      'KzUuODAgOTU4IDg5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Ljk3IDkvMjE1IDMwNzE3Cg==',
  },
  // A key of thousands of `::` became as many maps in one another, and walking them used up the stack.
  {
    target: 'configuration',
    input: Buffer.from(`service: {pipelines: {${'::'.repeat(10_000)}: 1}}`).toString('base64'),
  },
];
