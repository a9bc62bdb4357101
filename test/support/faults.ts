import { Fault } from "../../preflight/faults.ts";

/** The message of the fault that a check reports. Fails on any other error, and if there is no fault. */
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
