// What a series may be: the limits of a job, and the names that it takes. Whatever is beyond fails the whole scrape, as in
// Prometheus.

import { isLegacyName } from '../../../proto/prometheus/exposed-names.ts';
import { PageError, type PageReader } from '../../../proto/prometheus/page-reader.ts';
import type { SeriesForm } from './series-form.ts';
import type { ConversionSettings } from './settings.ts';

const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export class SeriesLimits {
  readonly #settings: ConversionSettings;
  /** Whether labels have to be looked at one by one. */
  readonly #looksAtLabels: boolean;

  constructor(settings: ConversionSettings) {
    this.#settings = settings;
    const { labelNameLengthLimit, labelValueLengthLimit, nameValidation } = settings;
    this.#looksAtLabels = labelNameLengthLimit > 0 || labelValueLengthLimit > 0 || nameValidation === 'legacy';
  }

  /** `added` labels are the target's own. Fails with PageError. */
  check(form: SeriesForm, name: string, added: number, reader: PageReader): void {
    const { labelLimit } = this.#settings;
    // The name is a label.
    const count = form.labelCount + 1 + added;
    if (labelLimit > 0 && count > labelLimit) {
      throw new PageError(`${reader.place()}: ${name} has ${count} labels, label_limit is ${labelLimit}`);
    }
    if (this.#looksAtLabels) this.#checkLabels(form, name, reader);
  }

  #checkLabels(form: SeriesForm, name: string, reader: PageReader): void {
    const { labelNameLengthLimit: names, labelValueLengthLimit: values, nameValidation } = this.#settings;
    const isLegacy = nameValidation === 'legacy';
    if (isLegacy && !isLegacyName(name)) {
      throw new PageError(
        `${reader.place()}: ${JSON.stringify(name)} is no name that metric_name_validation_scheme legacy takes`,
      );
    }
    for (const [label, value] of [['__name__', name] as const, ...form.texts()]) {
      if (isLegacy && !LEGACY_LABEL.test(label)) {
        throw new PageError(
          `${reader.place()}: the label ${JSON.stringify(label)} of ${name} is no name that metric_name_validation_scheme legacy takes`,
        );
      }
      if (names > 0 && Buffer.byteLength(label) > names) {
        throw new PageError(
          `${reader.place()}: the label ${JSON.stringify(label.slice(0, 80))} of ${name} is longer than label_name_length_limit, ${names} bytes`,
        );
      }
      if (values > 0 && Buffer.byteLength(value) > values) {
        throw new PageError(
          `${reader.place()}: the value of the label ${label.slice(0, 80)} of ${name} is longer than label_value_length_limit, ${values} bytes`,
        );
      }
    }
  }
}
