package io.millrace.sync.sink.elasticsearch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.http.HttpEntity;
import org.apache.http.HttpResponse;
import org.apache.http.entity.ContentType;
import org.apache.http.nio.ContentDecoder;
import org.apache.http.nio.IOControl;
import org.apache.http.nio.entity.NByteArrayEntity;
import org.apache.http.nio.protocol.AbstractAsyncResponseConsumer;
import org.apache.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an answer up to a size; of a longer one nothing is kept, though it is read to its end. The client's own limit is much higher,
 * knows only of answers that say their length, and takes the node for dead.
 */
final class BoundedAnswer extends AbstractAsyncResponseConsumer<HttpResponse> {

    private final int limit;
    private final ByteBuffer chunk = ByteBuffer.allocate(32 * 1024);
    private ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
    private @Nullable HttpResponse response;
    private @Nullable ContentType type;
    private volatile boolean tooLong;

    BoundedAnswer(int limit) {
        this.limit = limit;
    }

    /** Tells whether the answer was longer. */
    boolean isTooLong() {
        return tooLong;
    }

    @Override
    protected void onResponseReceived(HttpResponse received) {
        response = received;
    }

    @Override
    protected void onEntityEnclosed(HttpEntity entity, @Nullable ContentType contentType) {
        type = contentType;
        tooLong = entity.getContentLength() > limit;
    }

    @Override
    protected void onContentReceived(ContentDecoder decoder, IOControl control) throws IOException {
        for (int read = decoder.read(chunk); read > 0; read = decoder.read(chunk)) {
            if (!tooLong && kept.size() + read > limit) {
                tooLong = true;
                kept = new ByteArrayOutputStream(0);
            }
            if (!tooLong) {
                kept.write(chunk.array(), 0, read);
            }
            chunk.clear();
        }
    }

    @Override
    protected @Nullable HttpResponse buildResult(HttpContext context) {
        if (response != null) {
            response.setEntity(new NByteArrayEntity(kept.toByteArray(), type));
        }
        return response;
    }

    @Override
    protected void releaseResources() {
        kept = new ByteArrayOutputStream(0);
    }
}
