using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Serment.Custodian.Standby;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Requests;

/// <summary>The one gRPC surface. Turns refusals into replies and everything else into a code without a message.</summary>
internal sealed class CustodyEndpoint(Post post, ILogger<CustodyEndpoint> log) : Custody.CustodyBase
{
    public override async Task<Reply> Ask(Envelope request, ServerCallContext context)
    {
        try
        {
            var body = await post.AnswerAsync(request.Message.Memory, request.Signature.Memory).ConfigureAwait(false);
            return new Reply { Body = UnsafeByteOperations.UnsafeWrap(body) };
        }
        catch (RefusedException no)
        {
            OperatorLog.Note(log, no.Refusal);
            return new Reply { Refusal = new Wire.Grpc.Refusal { Code = no.Refusal.Code, Message = no.Refusal.Message } };
        }
        catch (Exception fault)
        {
            OperatorLog.Note(log, fault);
            return new Reply { Refusal = new Wire.Grpc.Refusal { Code = "custodian.fault", Message = "Le gardien n'a pas pu répondre. La demande n'a rien changé ; réessayez." } };
        }
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<Notice> responseStream, ServerCallContext context)
    {
        Cell cell;
        try { cell = post.Cell; }
        catch (RefusedException) { return; }
        var notices = cell.Subscribe();
        try
        {
            await foreach (var notice in notices.Reader.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
                await responseStream.WriteAsync(notice, context.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) { }
        finally { cell.Unsubscribe(notices); }
    }
}
