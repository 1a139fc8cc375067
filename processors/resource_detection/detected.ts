// What detectors find out: attributes of a resource.

export type Detected = Map<string, string | number | string[]>;
