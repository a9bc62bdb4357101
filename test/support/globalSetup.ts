import { installTutor } from "../tutor/tutor.ts";

/** What the tests need beyond the project's own set-up, before any of them runs. */
export default installTutor;
