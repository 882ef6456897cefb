package wechatpay.simulator.sdk;

import java.io.IOException;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Sends every request of an OkHttp client to the simulator, whatever host it names. Nothing else changes: WeChat Pay's
 * signatures cover the path and the query, not the host.
 */
public final class SimulatorHost implements Interceptor {
  private final HttpUrl simulator;

  /** @param simulatorUrl where the simulator serves, as in {@code http://127.0.0.1:8900} */
  public SimulatorHost(String simulatorUrl) {
    this.simulator = HttpUrl.get(simulatorUrl);
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    HttpUrl url =
        request.url().newBuilder()
            .scheme(simulator.scheme())
            .host(simulator.host())
            .port(simulator.port())
            .build();
    return chain.proceed(request.newBuilder().url(url).build());
  }
}
