// Sum, least and greatest value of histograms: known of several together only where each of them says so.

interface HasExtremes {
  readonly hasSum: boolean;
  readonly sum: number;
  readonly hasMin: boolean;
  readonly min: number;
  readonly hasMax: boolean;
  readonly max: number;
}

export class Extremes {
  sum: number | undefined;
  min: number | undefined;
  max: number | undefined;

  replace(point: HasExtremes): void {
    this.sum = point.hasSum ? point.sum : undefined;
    this.min = point.hasMin ? point.min : undefined;
    this.max = point.hasMax ? point.max : undefined;
  }

  add(point: HasExtremes): void {
    this.sum = this.sum !== undefined && point.hasSum ? this.sum + point.sum : undefined;
    this.min = this.min !== undefined && point.hasMin ? Math.min(this.min, point.min) : undefined;
    this.max = this.max !== undefined && point.hasMax ? Math.max(this.max, point.max) : undefined;
  }
}
