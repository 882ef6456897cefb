package wechatpay.simulator.sdk;

import com.wechat.pay.java.core.Config;
import com.wechat.pay.java.core.RSAAutoCertificateConfig;
import com.wechat.pay.java.core.RSAPublicKeyConfig;
import com.wechat.pay.java.core.http.DefaultHttpClientBuilder;
import com.wechat.pay.java.core.http.HttpClient;
import com.wechat.pay.java.core.notification.NotificationConfig;
import com.wechat.pay.java.core.notification.RSACombinedNotificationConfig;
import okhttp3.OkHttpClient;

/** What the SDK is told about a merchant, in the words of the simulator's {@code GET /control/v1/merchants}. */
final class Merchant {
  String simulatorUrl;
  String mchid;
  String serialNo;
  String privateKeyPem;
  String apiV3Key;
  PublicKey publicKey;

  static final class PublicKey {
    String id;
    String publicKeyPem;
  }

  /** For merchants with platform certificates: downloads them at once and again every hour. */
  RSAAutoCertificateConfig autoCertificateConfig() {
    return new RSAAutoCertificateConfig.Builder()
        .merchantId(mchid)
        .merchantSerialNumber(serialNo)
        .privateKey(privateKeyPem)
        .apiV3Key(apiV3Key)
        .httpClientBuilder(httpClientBuilder())
        .build();
  }

  /** For merchants with a WeChat Pay public key. */
  RSAPublicKeyConfig publicKeyConfig() {
    return new RSAPublicKeyConfig.Builder()
        .merchantId(mchid)
        .merchantSerialNumber(serialNo)
        .privateKey(privateKeyPem)
        .apiV3Key(apiV3Key)
        .publicKeyId(publicKey.id)
        .publicKey(publicKey.publicKeyPem)
        .build();
  }

  /** For merchants on their way from certificates to the public key: notifications may be signed by either. */
  NotificationConfig combinedNotificationConfig() {
    return new RSACombinedNotificationConfig.Builder()
        .merchantId(mchid)
        .merchantSerialNumber(serialNo)
        .privateKey(privateKeyPem)
        .apiV3Key(apiV3Key)
        .publicKeyId(publicKey.id)
        .publicKey(publicKey.publicKeyPem)
        .httpClient(httpClient(publicKeyConfig()))
        .build();
  }

  HttpClient httpClient(Config config) {
    return httpClientBuilder().config(config).build();
  }

  private DefaultHttpClientBuilder httpClientBuilder() {
    OkHttpClient toSimulator =
        new OkHttpClient.Builder().addInterceptor(new SimulatorHost(simulatorUrl)).build();
    return new DefaultHttpClientBuilder().okHttpClient(toSimulator);
  }
}
