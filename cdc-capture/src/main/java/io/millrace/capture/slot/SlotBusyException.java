package io.millrace.capture.slot;

/** Another connection still reads the slot; it will be free when that one ends. */
public final class SlotBusyException extends Exception {

    public SlotBusyException(String message) {
        super(message);
    }
}
