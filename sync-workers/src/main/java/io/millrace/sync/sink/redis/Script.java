package io.millrace.sync.sink.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script, called by its digest. Versions are 16 hexadecimal digits and compared as text: Lua's numbers are doubles and would blur
 * the low bits of an LSN.
 */
enum Script {

    /**
     * Writes strings that stay for ever and are newer than what is held: with two commands however many they are, for a command costs
     * more than the value. Both drop a time to live. KEYS: row, mark, row, mark ... ARGV: version and value of each row. Answers how many
     * were written.
     */
    PUT("""
            local marks = {}
            for i = 2, #KEYS, 2 do
              marks[#marks + 1] = KEYS[i]
            end
            local held = redis.call('MGET', unpack(marks))
            local written = {}
            local set = {}
            local n = 0
            for i = 1, #marks do
              local mark, version = marks[i], ARGV[2 * i - 1]
              local old = written[mark] or held[i]
              if not old or old < version then
                written[mark] = version
                set[n + 1], set[n + 2], set[n + 3], set[n + 4] = KEYS[2 * i - 1], ARGV[2 * i], mark, version
                n = n + 4
              end
            end
            if n > 0 then
              redis.call('MSET', unpack(set))
            end
            return n / 4
            """),

    /**
     * Writes entries of any kind that are newer than what is held. KEYS: row, mark, row, mark ... ARGV: how long a deleted row's version is
     * remembered in ms, the runs that are known, then per row: d (delete), s (string) or h (hash); version; time to live in ms or 0; how many arguments follow.
     * Of a string its value; of a hash how many fields have values, name and value of each, then the names of those to leave as they
     * are. Answers per row: 1 written, 0 older or the same, 2 not written because no hash is there that surely has the fields to leave.
     */
    WRITE(Script.KNOWS + """
            local sound
            local function lacks(row, from, to)
              if from > to then
                return false
              end
              if sound == nil then
                sound = knows(ARGV[2])
              end
              if not sound or redis.call('TYPE', row).ok ~= 'hash' then
                return true
              end
              for f = from, to do
                if redis.call('HEXISTS', row, ARGV[f]) == 0 then
                  return true
                end
              end
              return false
            end
            local applied = {}
            local a = 3
            for i = 1, #KEYS, 2 do
              local row, mark = KEYS[i], KEYS[i + 1]
              local op, version, px = ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2])
              local first = a + 4
              a = first + tonumber(ARGV[a + 3])
              local held = redis.call('GET', mark)
              if held and held >= version then
                applied[#applied + 1] = 0
              elseif op == 'h' and lacks(row, first + 1 + 2 * tonumber(ARGV[first]), a - 1) then
                applied[#applied + 1] = 2
              else
                applied[#applied + 1] = 1
                if op == 'd' then
                  redis.call('DEL', row)
                  redis.call('SET', mark, version, 'PX', ARGV[1])
                else
                  if op == 's' then
                    redis.call('SET', row, ARGV[first])
                  else
                    if redis.call('TYPE', row).ok ~= 'hash' then
                      redis.call('DEL', row)
                    end
                    local fields = tonumber(ARGV[first])
                    local stays = {}
                    local set = {}
                    for f = first + 1, first + 2 * fields, 2 do
                      stays[ARGV[f]] = true
                      set[#set + 1] = ARGV[f]
                      set[#set + 1] = ARGV[f + 1]
                    end
                    for f = first + 2 * fields + 1, a - 1 do
                      stays[ARGV[f]] = true
                    end
                    for _, field in ipairs(redis.call('HKEYS', row)) do
                      if not stays[field] then
                        redis.call('HDEL', row, field)
                      end
                    end
                    for f = 1, #set, 2000 do
                      redis.call('HSET', row, unpack(set, f, math.min(#set, f + 1999)))
                    end
                  end
                  if px > 0 then
                    redis.call('PEXPIRE', row, px)
                    redis.call('SET', mark, version, 'PX', string.format('%.0f', px + tonumber(ARGV[1])))
                  else
                    redis.call('PERSIST', row)
                    redis.call('SET', mark, version)
                  end
                end
              end
            end
            return applied
            """),

    /** Reads strings. KEYS: where. ARGV: the runs that are known. Answers the values; nothing at all if the server is in another run. */
    READ(Script.KNOWS + """
            if not knows(ARGV[1]) then
              return {}
            end
            return redis.call('MGET', unpack(KEYS))
            """),

    /**
     * Remembers a version for a while, unless a newer one is remembered. KEYS: where. ARGV: the version; how long in ms. Answers 1 if it
     * was remembered, else 0.
     */
    RAISE("""
            local held = redis.call('GET', KEYS[1])
            if held and held > ARGV[1] then
              return 0
            end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 1
            """),

    /**
     * Puts an entry that was brought back where readers see it, unless a newer one is there. One in the same version is replaced too: it
     * may have been made under other options. One that is older than the table's newest TRUNCATE is a deleted one in that version. KEYS:
     * row, mark, shadow row, shadow mark. ARGV: how long a deleted row's version is remembered in ms; the version of the TRUNCATE or
     * nothing.
     */
    REVEAL("""
            local back = redis.call('GET', KEYS[4])
            if back then
              if back < ARGV[2] then
                redis.call('DEL', KEYS[3])
                back = ARGV[2]
              end
              local held = redis.call('GET', KEYS[2])
              if not held or held <= back then
                if redis.call('EXISTS', KEYS[3]) == 1 then
                  local px = redis.call('PTTL', KEYS[4])
                  redis.call('RENAME', KEYS[3], KEYS[1])
                  if px > 0 then
                    redis.call('SET', KEYS[2], back, 'PX', px)
                  else
                    redis.call('SET', KEYS[2], back)
                  end
                else
                  redis.call('DEL', KEYS[1])
                  redis.call('SET', KEYS[2], back, 'PX', ARGV[1])
                end
              end
              redis.call('DEL', KEYS[3], KEYS[4])
            end
            return 0
            """);

    /** Tells whether the server is in one of these runs: asked where the entry is, so that nothing comes in between. */
    private static final String KNOWS = """
            local function knows(runs)
              if runs == '*' then
                return true
              end
              local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w*)') or ''
              return string.find(runs, ' ' .. run .. ' ', 1, true) ~= nil
            end
            """;

    private final String text;
    private final String digest;

    Script(String text) {
        this.text = text;
        this.digest = sha1(text.getBytes(StandardCharsets.UTF_8));
    }

    byte[] text() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the name that Redis knows a loaded script by. */
    String digest() {
        return digest;
    }

    private static String sha1(byte[] text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-1", e);
        }
    }
}
