package wechatpay.simulator.sdk;

import com.google.gson.JsonElement;
import com.wechat.pay.java.core.Config;
import com.wechat.pay.java.core.http.HttpClient;
import com.wechat.pay.java.core.notification.NotificationConfig;
import com.wechat.pay.java.core.notification.NotificationParser;
import com.wechat.pay.java.core.notification.RequestParam;
import com.wechat.pay.java.core.util.GsonUtil;
import com.wechat.pay.java.service.billdownload.BillDownloadServiceExtension;
import com.wechat.pay.java.service.billdownload.DigestBillEntity;
import com.wechat.pay.java.service.billdownload.model.GetTradeBillRequest;
import com.wechat.pay.java.service.certificate.CertificateService;
import com.wechat.pay.java.service.payments.app.AppServiceExtension;
import com.wechat.pay.java.service.payments.h5.H5Service;
import com.wechat.pay.java.service.payments.jsapi.JsapiServiceExtension;
import com.wechat.pay.java.service.payments.model.Transaction;
import com.wechat.pay.java.service.payments.nativepay.NativePayService;
import com.wechat.pay.java.service.payments.nativepay.model.CloseOrderRequest;
import com.wechat.pay.java.service.payments.nativepay.model.QueryOrderByIdRequest;
import com.wechat.pay.java.service.payments.nativepay.model.QueryOrderByOutTradeNoRequest;
import com.wechat.pay.java.service.refund.RefundService;
import com.wechat.pay.java.service.refund.model.CreateRequest;
import com.wechat.pay.java.service.refund.model.QueryByOutRefundNoRequest;
import com.wechat.pay.java.service.refund.model.RefundNotification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Calls of the SDK by name ({@code native.prepay}); requests are read and answers written by the SDK's own Gson. */
final class SdkCalls {
  private final Map<String, Function<JsonElement, Object>> calls = new HashMap<>();

  static SdkCalls withAutoCertificateConfig(Merchant merchant) {
    var config = merchant.autoCertificateConfig();
    return new SdkCalls(config, config, merchant);
  }

  static SdkCalls withPublicKeyConfig(Merchant merchant) {
    var config = merchant.publicKeyConfig();
    return new SdkCalls(config, config, merchant);
  }

  static SdkCalls withCombinedNotificationConfig(Merchant merchant) {
    return new SdkCalls(merchant.publicKeyConfig(), merchant.combinedNotificationConfig(), merchant);
  }

  private SdkCalls(Config config, NotificationConfig notificationConfig, Merchant merchant) {
    HttpClient http = merchant.httpClient(config);
    offerPayments(config, http);
    offerRefunds(http);
    offerBills(config, http);
    offerCertificates(http, merchant.apiV3Key);
    offerNotifications(notificationConfig);
  }

  /** What the SDK answers; null where it answers nothing. Throws what the SDK throws. */
  Object call(String name, JsonElement request) {
    var call = calls.get(name);
    if (call == null) throw new IllegalArgumentException("The driver has no call " + name + "; add it to SdkCalls.");
    return call.apply(request);
  }

  private void offerPayments(Config config, HttpClient http) {
    var nativePay = new NativePayService.Builder().httpClient(http).build();
    offer("native.prepay", com.wechat.pay.java.service.payments.nativepay.model.PrepayRequest.class, nativePay::prepay);
    offer("native.queryOrderByOutTradeNo", QueryOrderByOutTradeNoRequest.class, nativePay::queryOrderByOutTradeNo);
    offer("native.queryOrderById", QueryOrderByIdRequest.class, nativePay::queryOrderById);
    offer(
        "native.closeOrder",
        CloseOrderRequest.class,
        request -> {
          nativePay.closeOrder(request);
          return null;
        });

    var jsapi = new JsapiServiceExtension.Builder().config(config).httpClient(http).build();
    offer(
        "jsapi.prepayWithRequestPayment",
        com.wechat.pay.java.service.payments.jsapi.model.PrepayRequest.class,
        jsapi::prepayWithRequestPayment);

    var app = new AppServiceExtension.Builder().config(config).httpClient(http).build();
    offer(
        "app.prepayWithRequestPayment",
        com.wechat.pay.java.service.payments.app.model.PrepayRequest.class,
        app::prepayWithRequestPayment);

    var h5 = new H5Service.Builder().httpClient(http).build();
    offer("h5.prepay", com.wechat.pay.java.service.payments.h5.model.PrepayRequest.class, h5::prepay);
  }

  private void offerRefunds(HttpClient http) {
    var refunds = new RefundService.Builder().httpClient(http).build();
    offer("refund.create", CreateRequest.class, refunds::create);
    offer("refund.queryByOutRefundNo", QueryByOutRefundNoRequest.class, refunds::queryByOutRefundNo);
  }

  private void offerBills(Config config, HttpClient http) {
    var bills =
        new BillDownloadServiceExtension.Builder().httpClient(http).decryptor(config.createDecryptor()).build();
    offer("bill.getTradeBill", GetTradeBillRequest.class, request -> readBill(bills.getTradeBill(request)));
  }

  private static Map<String, Object> readBill(DigestBillEntity bill) {
    try (var stream = bill.getInputStream()) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return Map.of("text", text, "isHashRight", bill.verifyHash());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private void offerCertificates(HttpClient http, String apiV3Key) {
    var certificates = new CertificateService.Builder().httpClient(http).build();
    byte[] key = apiV3Key.getBytes(StandardCharsets.UTF_8);
    calls.put("certificate.downloadCertificate", request -> describe(certificates.downloadCertificate(key)));
  }

  private static List<Map<String, String>> describe(List<X509Certificate> certificates) {
    return certificates.stream()
        .map(
            certificate ->
                Map.of(
                    "serial", certificate.getSerialNumber().toString(16).toUpperCase(),
                    "subject", certificate.getSubjectX500Principal().getName(),
                    "notAfter", certificate.getNotAfter().toInstant().toString()))
        .toList();
  }

  private void offerNotifications(NotificationConfig config) {
    var parser = new NotificationParser(config);
    offer("notification.parseTransaction", Received.class, it -> parser.parse(it.toRequestParam(), Transaction.class));
    offer("notification.parseRefund", Received.class, it -> parser.parse(it.toRequestParam(), RefundNotification.class));
  }

  private <T> void offer(String name, Class<T> requestType, Function<T, Object> call) {
    calls.put(name, request -> call.apply(GsonUtil.getGson().fromJson(request, requestType)));
  }

  /** A callback as it came in; header names in lower case. */
  private static final class Received {
    Map<String, String> headers;
    String body;

    RequestParam toRequestParam() {
      return new RequestParam.Builder()
          .serialNumber(headers.get("wechatpay-serial"))
          .nonce(headers.get("wechatpay-nonce"))
          .timestamp(headers.get("wechatpay-timestamp"))
          .signature(headers.get("wechatpay-signature"))
          .signType(headers.get("wechatpay-signature-type"))
          .body(body)
          .build();
    }
  }
}
