// The configuration of healthcheckv2: the same keys as health_check, with `use_v2` as the only switch.

export { healthCheckSettings as config } from '../../pipeline/health/settings.ts';
