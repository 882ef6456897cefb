package wechatpay.simulator.sdk;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.wechat.pay.java.core.exception.ServiceException;
import com.wechat.pay.java.core.util.GsonUtil;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads one call a line from standard input, as JSON, and answers each with one line on standard output:
 * {@code {"value": …}} what the SDK gave, or {@code {"error": {…}}} what it threw. Ends with its input.
 */
public final class SdkDriver {
  private static final Gson GSON = GsonUtil.getGson();
  private final Map<String, SdkCalls> clients = new HashMap<>();

  public static void main(String[] args) throws IOException {
    var driver = new SdkDriver();
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      answers.println(driver.answer(JsonParser.parseString(line).getAsJsonObject()));
    }
  }

  private JsonObject answer(JsonObject line) {
    var answer = new JsonObject();
    try {
      answer.add("value", GSON.toJsonTree(run(line)));
    } catch (RuntimeException error) {
      answer.add("error", describe(error));
    }
    return answer;
  }

  /** A line either opens a client ({@code client, config, merchant}) or calls one ({@code client, call, request}). */
  private Object run(JsonObject line) {
    String client = line.get("client").getAsString();
    if (!line.has("config")) return clients.get(client).call(line.get("call").getAsString(), line.get("request"));
    clients.put(client, open(line.get("config").getAsString(), line.get("merchant")));
    return null;
  }

  private static SdkCalls open(String config, JsonElement merchantJson) {
    // Not the SDK's Gson: it names fields with underscores.
    Merchant merchant = new Gson().fromJson(merchantJson, Merchant.class);
    return switch (config) {
      case "RSAAutoCertificateConfig" -> SdkCalls.withAutoCertificateConfig(merchant);
      case "RSAPublicKeyConfig" -> SdkCalls.withPublicKeyConfig(merchant);
      case "RSACombinedNotificationConfig" -> SdkCalls.withCombinedNotificationConfig(merchant);
      default -> throw new IllegalArgumentException("The driver has no config " + config + "; add it to SdkDriver.");
    };
  }

  private static JsonObject describe(RuntimeException error) {
    var described = new JsonObject();
    described.addProperty("type", error.getClass().getSimpleName());
    described.addProperty("message", error.getMessage());
    if (error instanceof ServiceException refused) {
      described.addProperty("status", refused.getHttpStatusCode());
      described.addProperty("code", refused.getErrorCode());
    }
    return described;
  }
}
