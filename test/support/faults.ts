import { Fault } from "../../preflight/faults.ts";

/** The words of the fault that a check finds. Fails with any other error, and without one. */
export async function faultOf(check: Promise<unknown>): Promise<string> {
    try {
        await check;
    } catch (error) {
        if (error instanceof Fault) {
            return error.message;
        }
        throw error;
    }
    throw new Error("No fault was found.");
}
